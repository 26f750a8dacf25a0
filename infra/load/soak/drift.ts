/** Tells growth from noise: what a constant load should not change, followed over a run. */

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Series {
  readonly name: string;
  readonly unit: "MB" | "ms";
  readonly points: readonly Point[];
  /** Growth over the whole run that is still put up with: so much, or such a share of the median if that is more. */
  readonly growthMax: { readonly least: number; readonly share: number };
}

export interface Drift {
  readonly name: string;
  readonly unit: Series["unit"];
  readonly median: number;
  /** Of the fitted line, from the first point taken into account to the last. */
  readonly growth: number;
  readonly bound: number;
  readonly holds: boolean;
}

/** Start of a run that is left out: caches fill and code is compiled. */
const WARM_UP_SHARE = 0.25;
/** Fewer points than this say nothing. */
const POINTS_MIN = 8;

/** Judges one series. @throws when there are too few points to tell. */
export function driftOf({ name, unit, points, growthMax }: Series): Drift {
  const settled = points.slice(Math.floor(points.length * WARM_UP_SHARE));
  if (settled.length < POINTS_MIN) throw new Error(`${name}: ${settled.length} points say nothing`);
  const median = medianOf(settled.map(({ value }) => value));
  const growth = slopeOf(settled) * (settled.at(-1)!.atMs - settled[0]!.atMs);
  const bound = Math.max(growthMax.least, growthMax.share * median);
  return { name, unit, median, growth, bound, holds: growth <= bound };
}

/**
 * Returns the slope per millisecond by Theil and Sen: the median of the slopes between all pairs of points. Up to 29 % of
 * the points may be anything, a collection of garbage or a busy moment of the machine, without moving it.
 */
export function slopeOf(points: readonly Point[]): number {
  const slopes = points.flatMap((a, index) =>
    points
      .slice(index + 1)
      .filter((b) => b.atMs > a.atMs)
      .map((b) => (b.value - a.value) / (b.atMs - a.atMs)),
  );
  return medianOf(slopes);
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0
    ? (sorted[middle - 1]! + sorted[middle]!) / 2
    : sorted[Math.floor(middle)]!;
}
