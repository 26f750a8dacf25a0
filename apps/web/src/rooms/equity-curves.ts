/** Equity over time as lines of a chart. Pure: from numbers to places on a canvas of a given size. */

export interface Curve {
  readonly userId: string;
  readonly name: string;
  /** Return in per cent at each snapshot, oldest first; the last may be of this moment. */
  readonly points: readonly number[];
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Per cent at the lower and upper edge. */
  readonly low: number;
  readonly high: number;
  /** Snapshots from the left edge to the right. */
  readonly steps: number;
}

/** Equity as return on the starting cash, in per cent. */
export function returnsOf(equity: readonly string[], startingCash: string): number[] {
  const start = Number(startingCash);
  return equity.map((text) => (Number(text) / start - 1) * 100);
}

/** At least this much is shown up and down, so that noise of a cent does not fill the chart. */
const SPAN_MIN_PERCENT = 0.1;
const MARGIN = 0.08;

/** A frame that holds all curves, and zero. */
export function frameOf(curves: readonly Curve[], width: number, height: number): Frame {
  const values = curves.flatMap(({ points }) => points).concat(0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(most - least, SPAN_MIN_PERCENT);
  const middle = (most + least) / 2;
  const half = span * (0.5 + MARGIN);
  const steps = Math.max(1, ...curves.map(({ points }) => points.length - 1));
  return { width, height, low: middle - half, high: middle + half, steps };
}

/** A path for an SVG. Curves end together at the right: who came later begins later. */
export function pathOf({ points }: Curve, frame: Frame): string {
  const first = frame.steps - (points.length - 1);
  const kept = thinned(points, frame.width);
  return kept
    .map(([index, value], order) => {
      const x = ((first + index) / frame.steps) * frame.width;
      return `${order === 0 ? "M" : "L"}${x.toFixed(1)} ${yOf(value, frame).toFixed(1)}`;
    })
    .join("");
}

export function yOf(percent: number, { low, high, height }: Frame): number {
  return height - ((percent - low) / (high - low)) * height;
}

/** No more points than pixels; first and last are always among them. */
function thinned(points: readonly number[], width: number): (readonly [number, number])[] {
  const every = Math.max(1, Math.ceil(points.length / Math.max(1, width)));
  const indexed = points.map((value, index) => [index, value] as const);
  return indexed.filter(([index]) => index % every === 0 || index === points.length - 1);
}

/** Round values for lines across, within the frame. */
export function gridOf({ low, high }: Frame, lines = 4): number[] {
  const rough = (high - low) / lines;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * step);
}

/** Labels at the right end, moved apart so that none covers another; in the order given. */
export function spread(ys: readonly number[], gap: number, height: number): number[] {
  const order = ys.map((_, index) => index).sort((a, b) => ys[a]! - ys[b]!);
  const placed: number[] = [];
  let lowest = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    lowest = Math.max(ys[index]!, lowest + gap);
    placed[index] = lowest;
  }
  const excess = Math.max(0, lowest - height);
  let ceiling = Number.POSITIVE_INFINITY;
  for (const index of order.toReversed()) {
    ceiling = Math.min(
      placed[index]!,
      excess > 0 ? Math.min(height, ceiling - gap) : placed[index]!,
    );
    placed[index] = ceiling;
  }
  return placed;
}
