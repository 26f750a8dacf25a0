/**
 * P6: nothing is filled while the leader's word on the market is not "live", nor while the market was in truth halted or
 * out of reach, whatever the leader said.
 */
import type { FeedWord, Silence, Violation } from "../evidence.ts";
import type { UserLog } from "./user-log.ts";

/**
 * A leader tells of a status at its next tick, so the word "live" may be younger than the first fills it allows; and a
 * leader that is frozen or dies before that tick leaves the word to its successor, a lease and a takeover later (seen with
 * seed 7). What the market did in truth is judged without this allowance.
 */
const TOLD_WITHIN_MS = 4_000;
/** A run's leaders are stale after 1.5 s, and learn of a halt within two seconds of falling silent. */
const NOTICED_WITHIN_MS = 4_000;

export function checkFeed(
  words: readonly FeedWord[],
  silences: readonly Silence[],
  logs: Iterable<UserLog>,
): Violation[] {
  const bySymbol = Map.groupBy(words, ({ symbol }) => symbol);
  const gaps = new Map([...bySymbol].map(([symbol, told]) => [symbol, notLive(told)]));
  for (const { symbol, why, fromMs, toMs } of silences) {
    const known = gaps.get(symbol) ?? [];
    gaps.set(symbol, [...known, { status: why, fromMs: fromMs + NOTICED_WITHIN_MS, toMs }]);
  }
  const violations: Violation[] = [];
  for (const { events, stored } of logs) {
    for (const [name, { trade }] of events) {
      if (name !== "trade:executed") continue;
      const atMs = Date.parse(trade.executedAt);
      const gap = gaps.get(trade.symbol)?.find(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs);
      if (gap === undefined) continue;
      const detail = `filled at ${trade.executedAt}, ${trade.symbol} was ${gap.status} since ${new Date(gap.fromMs).toISOString()}`;
      violations.push({
        rule: "P6 stale fill",
        subject: `${trade.id} of ${stored.userId}`,
        detail,
      });
    }
  }
  return violations;
}

interface Gap {
  readonly status: string;
  readonly fromMs: number;
  readonly toMs: number;
}

function notLive(words: readonly FeedWord[]): Gap[] {
  const inOrder = words.toSorted((a, b) => a.seq - b.seq);
  return inOrder.flatMap(({ status, timestamp }, index) => {
    if (status === "live") return [];
    const next = inOrder[index + 1];
    const endMs = next === undefined ? Number.POSITIVE_INFINITY : Date.parse(next.timestamp);
    const toMs = next?.status === "live" ? endMs - TOLD_WITHIN_MS : endMs;
    return [{ status, fromMs: Date.parse(timestamp), toMs }];
  });
}
