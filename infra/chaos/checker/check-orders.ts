/** P4 for orders: fills add up, an order ends once, and the history says what the log says. */
import type { Delivery, Json, Violation } from "../evidence.ts";
import { amount, product, text } from "./decimal.ts";
import type { UserLog } from "./user-log.ts";

const TERMINAL = new Set(["filled", "cancelled", "rejected", "expired"]);

export function checkOrders(log: UserLog): Violation[] {
  const violations: Violation[] = [];
  const tell = (rule: string, subject: string, detail: string) =>
    violations.push({ rule, subject: `${subject} of ${log.stored.userId}`, detail });
  const trades = tradesByOrder(log);
  for (const [id, events] of log.byOrder) {
    const fills = trades.get(id) ?? [];
    checkEnd(events, (detail) => tell("P4 ends once", id, detail));
    checkFills(events, fills, (detail) => tell("P4 fills", id, detail));
  }
  for (const id of trades.keys()) {
    if (!log.byOrder.has(id)) tell("P4 fills", id, "has trades, but no events");
  }
  const told = [...trades.values()].flat().map((trade) => JSON.stringify(trade));
  const ids = new Set([...trades.values()].flat().map(({ id }) => id));
  if (ids.size !== told.length)
    tell("P4 trades", "ids", `${told.length} trades have ${ids.size} ids`);
  if (
    !sameTexts(
      told,
      log.stored.trades.map(([, line]) => line),
    )
  ) {
    tell(
      "P2 history",
      "trades",
      `${told.length} in the log, ${log.stored.trades.length} in the history, or they differ`,
    );
  }
  const ended = [...log.byOrder.values()].flatMap((events) => events.filter(isEnd));
  if (
    !sameTexts(
      ended.map(([, { order }]) => JSON.stringify(order)),
      log.stored.orders.map(([, line]) => line),
    )
  ) {
    tell(
      "P2 history",
      "orders",
      `${ended.length} ended in the log, ${log.stored.orders.length} in the history, or they differ`,
    );
  }
  return violations;
}

function isEnd([, { order }]: Delivery): boolean {
  return TERMINAL.has(order.status);
}

function checkEnd(events: readonly Delivery[], tell: (detail: string) => void): void {
  const end = events.findIndex(isEnd);
  if (end >= 0 && end !== events.length - 1) {
    const after = events.slice(end).map(([name, { seq }]) => `${name} ${seq}`);
    tell(`told of after its end: ${after.join(", ")}`);
  }
}

/** Σ trades = filledQuantity; value, average and fee follow from the trades. */
function checkFills(
  events: readonly Delivery[],
  fills: readonly Json[],
  tell: (detail: string) => void,
): void {
  const { order } = events.at(-1)![1];
  const sum = (field: string) => fills.reduce((total, fill) => total + amount(fill[field]), 0n);
  const filled = sum("quantity");
  if (filled !== amount(order.filledQuantity)) {
    tell(`trades of ${text(filled)}, but filledQuantity is ${order.filledQuantity}`);
  }
  if (order.quantity !== null && filled > amount(order.quantity)) {
    tell(`filled ${text(filled)} of ${order.quantity}`);
  }
  if (sum("fee") !== amount(order.fee))
    tell(`fees of ${text(sum("fee"))}, but fee is ${order.fee}`);
  for (const { id, quantity, price, value } of fills) {
    if (product(quantity, price) !== amount(value))
      tell(`${id}: ${quantity} at ${price} is not ${value}`);
  }
}

function tradesByOrder(log: UserLog): Map<string, Json[]> {
  const trades = log.events
    .filter(([name]) => name === "trade:executed")
    .map(([, { trade }]) => trade);
  return Map.groupBy(trades, ({ orderId }: Json) => orderId as string);
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.toSorted().join("\n") === right.toSorted().join("\n");
}
