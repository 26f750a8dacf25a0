/**
 * Who stands where. The order is total and depends on nothing but the figures: the room's metric, then the lower
 * drawdown, then the earlier last fill (who never traded comes last), then the user id.
 */
import { type Money, moneyText, ONE } from "@mirrorbook/exchange";
import type { LeaderboardRow, RoomMetric } from "@mirrorbook/protocol";
import { type EquityStats, ratiosOf } from "./equity-stats.ts";

export interface Contender {
  readonly userId: string;
  readonly name: string;
  readonly equity: Money;
  readonly deposited: Money;
  readonly realized: Money;
  readonly stats: EquityStats;
  /** ISO 8601; `null`: never traded. */
  readonly lastFillAt: string | null;
}

export interface Ranked extends Contender {
  readonly rank: number;
  /** Of the room's metric; `null` while it does not count: too few samples, or nothing to divide by. */
  readonly value: bigint | number | null;
}

/** Ranks from 1; no two are the same. */
export function rankContenders(contenders: readonly Contender[], metric: RoomMetric): Ranked[] {
  const valued = contenders.map((contender) => ({
    ...contender,
    rank: 0,
    value: metricValue(contender, metric),
  }));
  valued.sort(compare);
  for (const [index, ranked] of valued.entries()) ranked.rank = index + 1;
  return valued;
}

export interface RankChange {
  readonly ranked: Ranked;
  readonly previousRank: number | null;
}

/** Only those whose rank is another than before, best first. */
export function rankChanges(
  previous: ReadonlyMap<string, number>,
  next: readonly Ranked[],
): RankChange[] {
  const changes: RankChange[] = [];
  for (const ranked of next) {
    const previousRank = previous.get(ranked.userId) ?? null;
    if (previousRank !== ranked.rank) changes.push({ ranked, previousRank });
  }
  return changes;
}

/** A row as clients see it. `ratio`: the room's metric where it is none of the figures shown anyway. */
export function rowOf(ranked: Ranked): LeaderboardRow {
  const { rank, userId, name, equity, realized, stats, value } = ranked;
  return {
    rank,
    userId,
    name,
    equity: moneyText(equity),
    returnPercent: percentText(returnOf(ranked)),
    realizedPnL: moneyText(realized),
    maxDrawdownPercent: (stats.maxDrawdown * 100).toFixed(PERCENT_DECIMALS),
    ...(typeof value === "number" ? { ratio: value.toFixed(RATIO_DECIMALS) } : {}),
  };
}

const PERCENT_DECIMALS = 4;
const RATIO_DECIMALS = 6;

/** Profit per money paid in, in units of 10^-36: it decides ranks, so not even the smallest profit is rounded away. */
function returnOf({ equity, deposited }: Contender): bigint {
  return deposited === 0n ? 0n : ((equity - deposited) * ONE * ONE) / deposited;
}

/** More is better in every value but the drawdown, which is turned round. */
function metricValue(contender: Contender, metric: RoomMetric): bigint | number | null {
  switch (metric) {
    case "return":
      return returnOf(contender);
    case "realized_pnl":
      return contender.realized;
    case "max_drawdown":
      return contender.stats.maxDrawdown === 0 ? 0 : -contender.stats.maxDrawdown;
    default:
      return ratiosOf(contender.stats)[metric];
  }
}

function compare(left: Ranked, right: Ranked): number {
  return (
    compareValues(left.value, right.value) ||
    left.stats.maxDrawdown - right.stats.maxDrawdown ||
    compareTimes(left.lastFillAt, right.lastFillAt) ||
    (left.userId < right.userId ? -1 : 1)
  );
}

function compareValues(left: Ranked["value"], right: Ranked["value"]): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left > right ? -1 : 1;
}

function compareTimes(left: string | null, right: string | null): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -1 : 1;
}

/** Halves away from zero. */
function percentText(share: bigint): string {
  const unit = (ONE * ONE) / 100n / 10n ** BigInt(PERCENT_DECIMALS);
  const half = share < 0n ? -unit / 2n : unit / 2n;
  return moneyText(((share + half) / unit) * (ONE / 10n ** BigInt(PERCENT_DECIMALS)));
}
