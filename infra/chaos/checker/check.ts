/**
 * Judges a run from its evidence. Pure, and shares no code with the exchange: it imports nothing of ours but the shape
 * of the evidence, and does its own sums.
 */
import type { Delivery, Evidence, Violation } from "../evidence.ts";
import { checkBooks } from "./check-books.ts";
import { checkCommands } from "./check-commands.ts";
import { checkDeliveries, checkLog } from "./check-events.ts";
import { checkFeed } from "./check-feed.ts";
import { checkLedger, checkZeroSum } from "./check-ledger.ts";
import { checkLiquidity } from "./check-liquidity.ts";
import { checkOrders } from "./check-orders.ts";
import { readLog, type UserLog } from "./user-log.ts";

export function check(evidence: Evidence): Violation[] {
  const logs = new Map(evidence.users.map((user) => [user.userId, readLog(user)]));
  const owners = ownersOf(logs.values());
  const violations = [...logs.values()].flatMap((log) => [
    ...checkLog(log),
    ...checkOrders(log),
    ...checkLedger(log),
  ]);
  for (const client of evidence.clients) {
    const log = logs.get(client.userId);
    if (log === undefined) {
      violations.push({ rule: "P2 log", subject: client.name, detail: "has no log" });
      continue;
    }
    violations.push(...checkDeliveries(client, log, (event) => owners.get(idOf(event) ?? "")));
  }
  return [
    ...violations,
    ...checkCommands(evidence.commands, logs),
    ...checkZeroSum(evidence.users),
    ...checkFeed(evidence.feed, evidence.silences, logs.values()),
    ...checkLiquidity(evidence.market, logs.values()),
    ...checkBooks(evidence.books),
  ];
}

/** Whose each order and trade is, by id. An id that two users' logs have is nobody's, hence foreign to both. */
function ownersOf(logs: Iterable<UserLog>): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { stored, events } of logs) {
    for (const event of events) {
      const id = idOf(event);
      if (id === undefined) continue;
      const known = owners.get(id) ?? stored.userId;
      owners.set(id, known === stored.userId ? known : `${known} and ${stored.userId}`);
    }
  }
  return owners;
}

function idOf([, payload]: Delivery): string | undefined {
  return payload.order?.id ?? payload.trade?.id ?? payload.orderId;
}
