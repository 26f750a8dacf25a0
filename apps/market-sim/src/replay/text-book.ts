import type { WireLevel } from "../market-source.ts";

export interface DepthUpdate {
  readonly U: number;
  readonly u: number;
  readonly b: readonly WireLevel[];
  readonly a: readonly WireLevel[];
}

export interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly WireLevel[];
  readonly asks: readonly WireLevel[];
}

const GONE = "0.00000000";

/** A book of the wire's own strings: nothing is converted, so what comes out is exactly what went in. */
export class TextBook {
  lastUpdateId: number;
  private readonly bids: Map<string, string>;
  private readonly asks: Map<string, string>;

  constructor(start: Snapshot) {
    this.lastUpdateId = start.lastUpdateId;
    this.bids = new Map(start.bids);
    this.asks = new Map(start.asks);
  }

  /** Applies a diff; one that the book already contains changes nothing. */
  apply(update: DepthUpdate): void {
    if (update.u <= this.lastUpdateId) return;
    setLevels(this.bids, update.b);
    setLevels(this.asks, update.a);
    this.lastUpdateId = update.u;
  }

  /** The best `limit` levels of both sides, best first. */
  snapshot(limit: number): Snapshot {
    return {
      lastUpdateId: this.lastUpdateId,
      bids: sorted(this.bids, -1).slice(0, limit),
      asks: sorted(this.asks, 1).slice(0, limit),
    };
  }

  /** The levels that turn this book into another one, as a diff tells them. */
  levelsTo(other: TextBook): Pick<DepthUpdate, "b" | "a"> {
    return {
      b: sorted(changes(this.bids, other.bids), -1),
      a: sorted(changes(this.asks, other.asks), 1),
    };
  }
}

function setLevels(side: Map<string, string>, levels: readonly WireLevel[]): void {
  for (const [price, quantity] of levels) {
    if (quantity === GONE) side.delete(price);
    else side.set(price, quantity);
  }
}

function changes(from: Map<string, string>, to: Map<string, string>): Map<string, string> {
  const gone = [...from.keys()].filter((price) => !to.has(price));
  const changed = [...to].filter(([price, quantity]) => from.get(price) !== quantity);
  return new Map([...gone.map((price) => [price, GONE] as const), ...changed]);
}

function sorted(side: Map<string, string>, direction: 1 | -1): WireLevel[] {
  return [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
}
