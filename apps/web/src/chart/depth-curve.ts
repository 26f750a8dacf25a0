/** The depth chart's geometry: cumulative size over price, around the mid. Pure. */
import type { Level } from "@mirrorbook/protocol";

export interface DepthPoint {
  readonly price: number;
  readonly cumulative: number;
}

export interface DepthCurve {
  /** Best price first. */
  readonly bids: readonly DepthPoint[];
  readonly asks: readonly DepthPoint[];
  readonly mid: number;
  /** Half of the shown price range. */
  readonly span: number;
  readonly cumulativeMax: number;
}

/** Both sides are shown equally far from the mid, as far as the shorter one reaches: a longer one would look deeper. */
export function depthCurve(bids: readonly Level[], asks: readonly Level[]): DepthCurve | null {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined) return null;
  const mid = (Number(bid[0]) + Number(ask[0])) / 2;
  const reach = (levels: readonly Level[]) => Math.abs(Number(levels.at(-1)![0]) - mid);
  const span = Math.min(reach(bids), reach(asks));
  if (span === 0) return null;
  const [bidPoints, askPoints] = [points(bids, mid, span), points(asks, mid, span)];
  const cumulativeMax = Math.max(
    bidPoints.at(-1)?.cumulative ?? 0,
    askPoints.at(-1)?.cumulative ?? 0,
  );
  return { bids: bidPoints, asks: askPoints, mid, span, cumulativeMax };
}

function points(levels: readonly Level[], mid: number, span: number): DepthPoint[] {
  const found: DepthPoint[] = [];
  let cumulative = 0;
  for (const [text, size] of levels) {
    const price = Number(text);
    if (Math.abs(price - mid) > span) break;
    cumulative += Number(size);
    found.push({ price, cumulative });
  }
  return found;
}

/** Cumulative size between the best price and `price`, on the side `price` lies on. */
export function cumulativeAt(curve: DepthCurve, price: number): number {
  const isBid = price < curve.mid;
  let cumulative = 0;
  for (const point of isBid ? curve.bids : curve.asks) {
    if (isBid ? point.price < price : point.price > price) break;
    cumulative = point.cumulative;
  }
  return cumulative;
}
