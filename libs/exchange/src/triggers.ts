/**
 * Orders that wait for the market: stops, take-profits and trailing stops, all judged by the last trade price.
 *
 * Source: Binance Spot, "New order" (trigger rules) and "Spot Trailing Stop order FAQ". A gapped stop fills at whatever
 * the market offers, not at its stop price.
 */
import type { Ticks } from "@mirrorbook/kernel";
import { endList, endSibling } from "./life.ts";
import type { Market } from "./market.ts";
import { reachBook } from "./matching.ts";
import { ZERO } from "./money.ts";
import { isLimited, type LiveOrder } from "./order.ts";
import { delist, enlist, triggerDirection } from "./order-index.ts";
import { releaseDownTo, reserveNeeded } from "./settle.ts";
import { ownerOf, portfolioOf } from "./state.ts";
import type { Turn } from "./turn.ts";

const BPS = 10_000;

/** Fires, starts and moves all orders that a trade at `price` concerns. The market is live. */
export function applyTradePrice(turn: Turn, market: Market, price: Ticks): void {
  const reached = [
    ...market.triggers.falling.reachedBy(price),
    ...market.triggers.rising.reachedBy(price),
  ];
  for (const order of reached) {
    if (order.trailingBps !== null && order.extreme === null) moveTrailing(turn, order, price);
    else fire(turn, market, order);
  }
  // A new best price cannot fire the orders it moves: their stops lie on its other side.
  for (const order of market.trailing.sell.reachedBy(price - 1)) moveTrailing(turn, order, price);
  for (const order of market.trailing.buy.reachedBy(price + 1)) moveTrailing(turn, order, price);
  for (const order of [...market.untracked]) moveTrailing(turn, order, price);
}

/** Whether a trade at `last` has fired, or rather would have, an order with this stop. A trailing one starts at it instead. */
export function isPassed(
  { type, side }: Pick<LiveOrder, "type" | "side">,
  stop: number | null,
  last: Ticks | null,
): boolean {
  if (stop === null || last === null || type === "trailing_stop") return false;
  return triggerDirection({ type, side }) === "rising" ? last >= stop : last <= stop;
}

/** Lets an order with a trigger wait for the market. One that the market has passed on the way ends, with its list. */
export function awaitTrigger(turn: Turn, order: LiveOrder, market: Market): void {
  if (isPassed(order, order.stop, market.last)) {
    endList(turn, order, { status: "expired", reason: "WOULD_TRIGGER" });
    return;
  }
  order.stage = "trigger";
  startTrailing(order, market);
  enlist(turn.state, order);
  turn.of(ownerOf(turn.state, order)).touchOrder(order);
}

/** Starts a trailing order that is being placed, if it starts at once: no start price, or one already passed. */
export function startTrailing(order: LiveOrder, market: Market): void {
  if (order.trailingBps === null || market.last === null) return;
  const isWaiting =
    order.stop !== null &&
    (triggerDirection(order) === "rising" ? market.last < order.stop : market.last > order.stop);
  if (!isWaiting) follow(order, market.last);
}

function moveTrailing(turn: Turn, order: LiveOrder, extreme: Ticks): void {
  delist(turn.state, order);
  follow(order, extreme);
  enlist(turn.state, order);
  turn.of(ownerOf(turn.state, order)).touchOrder(order);
}

/** Sets the stop at its distance from the best price seen. Whole ticks on the far side fire at the same trades. */
function follow(order: LiveOrder, extreme: Ticks): void {
  const bps = order.trailingBps!;
  order.extreme = extreme;
  order.stop = (
    order.side === "sell"
      ? Math.floor((extreme * (BPS - bps)) / BPS)
      : Math.ceil((extreme * (BPS + bps)) / BPS)
  ) as Ticks;
}

function fire(turn: Turn, market: Market, order: LiveOrder): void {
  const user = ownerOf(turn.state, order);
  const changes = turn.of(user);
  const portfolio = portfolioOf(user, order.account);
  delist(turn.state, order);
  order.stage = "matching";
  order.status = "open";
  order.updatedAt = turn.at;
  changes.touchOrder(order);
  changes.emit("order:triggered", { order: changes.view(order) });
  endSibling(turn, order);
  // A market order pays from what is available; its reserve was an estimate.
  const needed = isLimited(order.type) ? reserveNeeded(order, market) : ZERO;
  releaseDownTo(changes, portfolio, market, order, needed, "order:triggered");
  reachBook(turn, order);
}
