/** An order reaches the simulated book: it takes what it may, then rests or ends. */
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { Trade } from "@mirrorbook/protocol";
import { valueOfFills } from "./cost.ts";
import { GLOBAL_SCOPE } from "./held.ts";
import { type EndReason, endList, endOrder, endSibling, FILLED } from "./life.ts";
import type { Market } from "./market.ts";
import { type Money, parseMoney, unitsIn, ZERO } from "./money.ts";
import { isLimited, type LiveOrder, remainingOf } from "./order.ts";
import { enlist } from "./order-index.ts";
import { type Settled, settleFills, tellConsequences } from "./settle.ts";
import { marketOf, ownerOf, portfolioOf } from "./state.ts";
import type { Turn } from "./turn.ts";
import { availableOf, type Portfolio } from "./user.ts";
import { type Fill, type Walk, walkQuantity, walkQuote } from "./walk.ts";

/** What an order wants of the book, before or after it exists. */
export interface Wanted {
  readonly side: LiveOrder["side"];
  /** Lots still wanted; `null`: as many as `budget` buys or brings. */
  readonly lots: number | null;
  /** Units of 10^-(priceDecimals + sizeDecimals) of the quote asset. */
  readonly budget: bigint | null;
  readonly limit: Ticks | null;
}

/** Who shares the liquidity that this portfolio takes. */
export function scopeOf(portfolio: Portfolio): string {
  return portfolio.settings.heldScope === "global" ? GLOBAL_SCOPE : portfolio.account;
}

/** Returns what the order would take now; nothing changes. */
export function planWalk(market: Market, portfolio: Portfolio, wanted: Wanted): Walk {
  const liquidity = market.liquidity(wanted.side, scopeOf(portfolio));
  if (wanted.lots === null) return walkQuote(liquidity, wanted.budget!);
  return walkQuantity(liquidity, wanted.lots, wanted.limit);
}

export function wantedBy(order: LiveOrder, market: Market): Wanted {
  const { side, quoteQuantity } = order;
  const limit = isLimited(order.type) ? order.price : null;
  if (order.quantity !== null) return { side, lots: remainingOf(order), budget: null, limit };
  return { side, lots: null, budget: budgetUnits(quoteQuantity!, market), limit };
}

export function budgetUnits(quoteQuantity: string, market: Market): bigint {
  return unitsIn(parseMoney(quoteQuantity), market.valueDecimals);
}

/** Whether the portfolio can pay for fills that nothing is reserved for. */
export function canPay(
  market: Market,
  portfolio: Portfolio,
  side: LiveOrder["side"],
  walk: Walk,
  freed: Money,
): boolean {
  if (walk.filled === 0) return true;
  if (side === "sell") {
    return availableOf(portfolio, market.spec.base) + freed >= market.size(walk.filled);
  }
  return availableOf(portfolio, market.spec.quote) + freed >= valueOfFills(market, walk.fills);
}

/**
 * Brings an accepted order to the book of a live market: it takes what it may, then rests or ends.
 * `planned`: the walk it was admitted with, when the book has not changed since. Returns its trades.
 */
export function reachBook(turn: Turn, order: LiveOrder, planned?: Walk): readonly Trade[] {
  const user = ownerOf(turn.state, order);
  const portfolio = portfolioOf(user, order.account);
  const market = marketOf(turn.state, order.symbol);
  const changes = turn.of(user);
  const walk = planned ?? planWalk(market, portfolio, wantedBy(order, market));
  order.stage = "matching";
  order.dueAtMs = null;
  order.status = "open";
  order.updatedAt = turn.at;
  if (mayRest(order)) takePlace(turn, order, market, portfolio);
  changes.touchOrder(order);
  changes.emit("order:submitted", { order: changes.view(order) });

  const reason = refusalAtBook(order, walk, market, portfolio);
  if (reason !== null) {
    endList(turn, order, { status: "expired", reason });
    return [];
  }
  const settled = take(turn, order, walk.fills, scopeOf(portfolio));
  conclude(turn, order, walk);
  if (settled === null) return [];
  tellConsequences(turn, order, walk.fills, settled);
  return settled.trades;
}

/** Fills a resting order as maker at its own price and tells everything about it. */
export function fillResting(turn: Turn, order: LiveOrder, size: Lots): void {
  endSibling(turn, order);
  const fills: Fill[] = [{ price: order.price!, size }];
  const settled = settleFills(turn, order, fills, "maker");
  if (remainingOf(order) === 0) endOrder(turn, order, FILLED);
  else tellPartial(turn, order);
  tellConsequences(turn, order, fills, settled);
}

function mayRest(order: LiveOrder): boolean {
  return isLimited(order.type) && order.timeInForce !== "IOC" && order.timeInForce !== "FOK";
}

/** Joins the queue at its price, behind what is displayed there. */
function takePlace(turn: Turn, order: LiveOrder, market: Market, portfolio: Portfolio): void {
  const { fillModel } = portfolio.settings;
  const ahead = fillModel === "queue" ? market.displayedAhead(order.side, order.price!) : 0;
  order.queue.ahead = ahead;
  order.queue.credit = 0;
  order.aheadShown = fillModel === "cross" ? null : (ahead as Lots);
  order.joinedAtMs = turn.atMs;
  order.joinedBookMs = market.bookTimeMs;
}

function refusalAtBook(
  order: LiveOrder,
  walk: Walk,
  market: Market,
  portfolio: Portfolio,
): EndReason | null {
  if (order.postOnly && walk.filled > 0) return "WOULD_MATCH";
  if (order.timeInForce === "FOK" && walk.exhausted) return "UNFILLED_FOK_ORDER_EXPIRED";
  const isFunded = isLimited(order.type) || canPay(market, portfolio, order.side, walk, ZERO);
  return isFunded ? null : "INSUFFICIENT_BALANCE";
}

function take(turn: Turn, order: LiveOrder, fills: readonly Fill[], scope: string): Settled | null {
  if (fills.length === 0) return null;
  const { held } = marketOf(turn.state, order.symbol);
  const side = order.side === "buy" ? "ask" : "bid";
  held.take(scope, side, fills);
  return settleFills(turn, order, fills, "taker");
}

/** Tells where the order stands after taking, and lets the rest of it rest or expire. */
function conclude(turn: Turn, order: LiveOrder, walk: Walk): void {
  const isDone = order.quantity === null ? !walk.exhausted : remainingOf(order) === 0;
  if (isDone && walk.filled > 0) {
    endOrder(turn, order, FILLED);
    return;
  }
  if (walk.filled > 0) tellPartial(turn, order);
  if (mayRest(order)) {
    order.stage = "resting";
    enlist(turn.state, order);
    turn.of(ownerOf(turn.state, order)).touchOrder(order);
    return;
  }
  const reason = isLimited(order.type) ? "UNFILLED_IOC_QUANTITY_EXPIRED" : "INSUFFICIENT_LIQUIDITY";
  endOrder(turn, order, { status: "expired", reason });
}

function tellPartial(turn: Turn, order: LiveOrder): void {
  const changes = turn.of(ownerOf(turn.state, order));
  order.status = "partially_filled";
  changes.touchOrder(order);
  changes.emit("order:partially_filled", { order: changes.view(order) });
}
