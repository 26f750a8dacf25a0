/** What happens because time passed, or because a market may match again. */
import { cancelAll } from "./commands/cancel.ts";
import { isImmediate } from "./draft.ts";
import { endOrder } from "./life.ts";
import type { Market } from "./market.ts";
import { reachBook } from "./matching.ts";
import { compareOrders, isTriggered, type LiveOrder } from "./order.ts";
import { delist, enlist } from "./order-index.ts";
import { matchCrossed } from "./resting.ts";
import { marketOf, ownerOf } from "./state.ts";
import { awaitTrigger } from "./triggers.ts";
import type { Turn } from "./turn.ts";

/** Applies all timers due at the turn's time, earliest first. */
export function applyDueTimers(turn: Turn): void {
  for (
    let timer = turn.state.timers.popDue(turn.atMs);
    timer !== undefined;
    timer = turn.state.timers.popDue(turn.atMs)
  ) {
    const user = turn.state.users.get(timer.userId);
    if (user === undefined) continue;
    if (timer.kind === "cancel_after") {
      user.cancelAtMs = null;
      turn.of(user).touchMeta();
      cancelAll(turn, user, null, null, "CANCEL_AFTER");
      continue;
    }
    const order = user.orders.get(timer.orderId);
    if (order === undefined) continue;
    if (timer.kind === "expire") {
      endOrder(turn, order, { status: "expired", reason: "TIME_IN_FORCE" });
    } else arrive(turn, order);
  }
}

/** Lets waiting orders reach the book and resting ones match what has come, if the market is live. */
export function resume(turn: Turn, market: Market): void {
  if (!market.isLive) return;
  for (const order of [...market.waiting].sort(compareOrders)) {
    if (order.stage !== "arriving") continue;
    delist(turn.state, order);
    reachBook(turn, order);
  }
  matchCrossed(turn, market);
}

/** The latency model lets an order arrive: at the book, or where it waits for the market. */
function arrive(turn: Turn, order: LiveOrder): void {
  const market = marketOf(turn.state, order.symbol);
  delist(turn.state, order);
  order.dueAtMs = null;
  if (isTriggered(order.type)) {
    awaitTrigger(turn, order, market);
  } else if (market.isLive) {
    reachBook(turn, order);
  } else if (isImmediate(order)) {
    const reason = market.isHalted ? "MARKET_HALTED" : "MARKET_STALE";
    endOrder(turn, order, { status: "expired", reason });
  } else {
    enlist(turn.state, order);
    turn.of(ownerOf(turn.state, order)).touchOrder(order);
  }
}
