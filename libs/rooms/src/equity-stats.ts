/**
 * Risk figures of one member from equity snapshots at equal intervals, kept as running sums so that a snapshot costs the
 * same however long a room runs. Floating point: they only order members, and the same snapshots in the same order give
 * the same bits. Ratios are per interval, not annualised: all members of a room share the interval.
 *
 * Sources: Sharpe (1994), "The Sharpe Ratio" (risk-free rate 0); Sortino & Price (1994), target 0; Welford (1962) for the
 * running variance.
 */

/** Returns needed before Sharpe, Sortino and Calmar count. */
export const SAMPLES_MIN = 10;

export interface EquityStats {
  /** Returns seen: one less than snapshots. */
  readonly returns: number;
  readonly first: number;
  readonly last: number;
  readonly peak: number;
  /** Share of the peak lost at worst, 0 to 1. */
  readonly maxDrawdown: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly squares: number;
  /** Sum of squared negative returns. */
  readonly downside: number;
}

/** Of a member that was never seen. */
export const NO_STATS: EquityStats = {
  returns: -1,
  first: 0,
  last: 0,
  peak: 0,
  maxDrawdown: 0,
  mean: 0,
  squares: 0,
  downside: 0,
};

/** Adds the equity of one snapshot. */
export function addEquity(stats: EquityStats, equity: number): EquityStats {
  if (stats.returns < 0) {
    return { ...NO_STATS, returns: 0, first: equity, last: equity, peak: equity };
  }
  const value = stats.last > 0 ? equity / stats.last - 1 : 0;
  const returns = stats.returns + 1;
  const mean = stats.mean + (value - stats.mean) / returns;
  const peak = Math.max(stats.peak, equity);
  return {
    returns,
    first: stats.first,
    last: equity,
    peak,
    maxDrawdown: Math.max(stats.maxDrawdown, peak > 0 ? (peak - equity) / peak : 0),
    mean,
    squares: stats.squares + (value - stats.mean) * (value - mean),
    downside: stats.downside + Math.min(value, 0) ** 2,
  };
}

export interface Ratios {
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
}

/** `null` where there are too few returns, or nothing to divide by. */
export function ratiosOf(stats: EquityStats): Ratios {
  const { returns, mean, squares, downside, maxDrawdown, first, last } = stats;
  if (returns < SAMPLES_MIN) return { sharpe: null, sortino: null, calmar: null };
  const deviation = Math.sqrt(squares / (returns - 1));
  const below = Math.sqrt(downside / returns);
  return {
    sharpe: deviation > 0 ? mean / deviation : null,
    sortino: below > 0 ? mean / below : null,
    calmar: maxDrawdown > 0 && first > 0 ? (last / first - 1) / maxDrawdown : null,
  };
}

/** Compact text; JSON prints a float so that it reads back the same. */
export function encodeStats(stats: EquityStats): string {
  const { returns, first, last, peak, maxDrawdown, mean, squares, downside } = stats;
  return JSON.stringify([returns, first, last, peak, maxDrawdown, mean, squares, downside]);
}

export function decodeStats(text: string): EquityStats {
  const [returns, first, last, peak, maxDrawdown, mean, squares, downside] = JSON.parse(
    text,
  ) as number[];
  return {
    returns: returns!,
    first: first!,
    last: last!,
    peak: peak!,
    maxDrawdown: maxDrawdown!,
    mean: mean!,
    squares: squares!,
    downside: downside!,
  };
}
