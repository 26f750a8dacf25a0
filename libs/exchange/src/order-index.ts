/** Where open orders wait: by price, by trigger, by time. Everything here can be rebuilt from the orders alone. */
import type { Market } from "./market.ts";
import type { LiveOrder } from "./order.ts";
import { type ExchangeState, marketOf } from "./state.ts";
import type { Timer } from "./timers.ts";

/** Puts an order where its stage makes it wait. */
export function enlist(state: ExchangeState, order: LiveOrder): void {
  const market = marketOf(state, order.symbol);
  if (order.stage === "arriving") {
    if (order.dueAtMs === null) market.waiting.add(order);
    else state.timers.set(timer("arrive", order), order.dueAtMs);
  } else if (order.stage === "resting") {
    market.resting[order.side].add(order.price!, order);
  } else if (order.stage === "trigger") {
    enlistTrigger(market, order);
  }
  if (order.expireAtMs !== null) state.timers.set(timer("expire", order), order.expireAtMs);
}

/** Takes an order out of wherever it waits. */
export function delist(state: ExchangeState, order: LiveOrder): void {
  const market = marketOf(state, order.symbol);
  if (order.stage === "arriving") {
    market.waiting.delete(order);
    state.timers.clear(timer("arrive", order));
  } else if (order.stage === "resting") {
    market.resting[order.side].remove(order.price!, order);
  } else if (order.stage === "trigger") {
    delistTrigger(market, order);
  }
  if (order.expireAtMs !== null) state.timers.clear(timer("expire", order));
}

/** Whether the market must rise or fall to the stop price for the order to fire, or a trailing one to start. */
export function triggerDirection(order: Pick<LiveOrder, "type" | "side">): "rising" | "falling" {
  const firesAbove = order.type === "take_profit" || order.type === "take_profit_limit";
  return firesAbove === (order.side === "sell") ? "rising" : "falling";
}

function enlistTrigger(market: Market, order: LiveOrder): void {
  if (order.stop === null) market.untracked.add(order);
  else market.triggers[triggerDirection(order)].add(order.stop, order);
  if (order.extreme !== null) market.trailing[order.side].add(order.extreme, order);
}

function delistTrigger(market: Market, order: LiveOrder): void {
  if (order.stop === null) market.untracked.delete(order);
  else market.triggers[triggerDirection(order)].remove(order.stop, order);
  if (order.extreme !== null) market.trailing[order.side].remove(order.extreme, order);
}

function timer(kind: "arrive" | "expire", order: LiveOrder): Timer {
  return { kind, userId: order.userId, orderId: order.id };
}
