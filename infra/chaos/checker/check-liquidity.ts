/**
 * P5: what users took at a price never exceeds what the market displayed there plus what was added since.
 *
 * Replays the market's own record beside the users' taker fills. What was taken of a level stays taken until the level
 * shrinks below it. Where the record has a hole everything counts as untaken again, so a hole excuses but never accuses;
 * nor is a fill judged that was made on a state the record does not know.
 */
import type { Displayed, Json, Violation } from "../evidence.ts";
import { amount, text } from "./decimal.ts";
import type { UserLog } from "./user-log.ts";

interface Level {
  displayed: bigint;
  taken: bigint;
}

export function checkLiquidity(record: readonly Displayed[], logs: Iterable<UserLog>): Violation[] {
  const fills = Map.groupBy(takerFills(logs), ({ symbol }: Json) => symbol as string);
  const violations: Violation[] = [];
  for (const [symbol, entries] of Map.groupBy(record, (entry) => entry.symbol)) {
    const byState = Map.groupBy(
      fills.get(symbol) ?? [],
      ({ bookUpdateId }) => bookUpdateId as number,
    );
    violations.push(...checkMarket(entries, byState));
  }
  return violations;
}

function checkMarket(
  entries: readonly Displayed[],
  fillsByState: ReadonlyMap<number, readonly Json[]>,
): Violation[] {
  const violations: Violation[] = [];
  let sides = emptySides();
  for (const { kind, updateId, bids, asks } of entries) {
    if (kind === "snapshot") sides = emptySides();
    for (const [price, size] of bids) show(sides.bids, price, size);
    for (const [price, size] of asks) show(sides.asks, price, size);
    for (const fill of fillsByState.get(updateId) ?? []) {
      const side = fill.side === "buy" ? sides.asks : sides.bids;
      const problem = take(side.get(key(fill.price)), fill.quantity);
      if (problem === null) continue;
      const detail = `${fill.side} ${fill.quantity} at ${fill.price} on ${updateId}: ${problem}`;
      violations.push({ rule: "P5 phantom", subject: fill.id, detail });
    }
  }
  return violations;
}

function show(side: Map<string, Level>, price: string, size: string): void {
  const displayed = amount(size);
  const level = side.get(key(price));
  if (level === undefined) side.set(key(price), { displayed, taken: 0n });
  else {
    level.displayed = displayed;
    if (level.taken > displayed) level.taken = displayed;
  }
}

function take(level: Level | undefined, quantity: string): string | null {
  const { displayed, taken } = level ?? { displayed: 0n, taken: 0n };
  const wanted = amount(quantity);
  if (level !== undefined) level.taken += wanted;
  if (taken + wanted <= displayed) return null;
  return `${text(displayed)} displayed, ${text(taken)} of it taken before`;
}

function takerFills(logs: Iterable<UserLog>): Json[] {
  const fills: Json[] = [];
  for (const { events } of logs) {
    for (const [name, { trade }] of events) {
      if (name === "trade:executed" && trade.liquidity === "taker") fills.push(trade);
    }
  }
  return fills.sort((a, b) => a.executedAt.localeCompare(b.executedAt));
}

/** The same price has one key, however it is written. */
function key(price: string): string {
  return text(amount(price));
}

function emptySides() {
  return { bids: new Map<string, Level>(), asks: new Map<string, Level>() };
}
