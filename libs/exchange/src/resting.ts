/**
 * Resting orders against the market.
 *
 * Promises:
 * - R1 An order fills at its own price, as maker, from two sources only: the volume of public trades that reached it, and
 *   opposite liquidity displayed at its price or better, which is then held (P5).
 * - R2 The volume of one trade is shared out once per scope: best price first, then in the order of joining.
 * - R3 At its own price an order gets only what is left of a trade after the queue ahead of it.
 * - R4 Nothing fills while the market is not live (P6).
 *
 * Limit of the model: real participants did not see our orders, so what they would have done otherwise is not modelled.
 */
import type { BookSide, MarketTrade } from "@mirrorbook/book";
import type { Lots, Side, Ticks } from "@mirrorbook/kernel";
import type { Market } from "./market.ts";
import { fillResting, scopeOf } from "./matching.ts";
import { type LiveOrder, remainingOf } from "./order.ts";
import { hitSide } from "./pending-trades.ts";
import { advanceByDepth, advanceBySnapshot, advanceByTrade } from "./queue.ts";
import { ownerOf, portfolioOf } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { Portfolio } from "./user.ts";
import { walkQuantity } from "./walk.ts";

/** Moves the queues at one price after its displayed size changed. `traded`: lots that known trades explain. */
export function applyLevelChange(
  turn: Turn,
  market: Market,
  side: BookSide,
  price: Ticks,
  sizes: { readonly before: number; readonly after: number; readonly traded: number },
): void {
  const orders = market.resting[side === "bid" ? "buy" : "sell"].at(price);
  if (orders === undefined) return;
  for (const order of orders) {
    if (order.aheadShown === null || order.queue.ahead === 0) continue;
    const { ahead, credit } = order.queue;
    advanceByDepth(order.queue, sizes.before, sizes.after, sizes.traded);
    if (order.queue.ahead !== ahead || order.queue.credit !== credit) tellQueue(turn, order);
  }
}

/** Bounds all queues by a new book. A price beyond its last level was not shown, so nothing is known of it. */
export function applyNewBook(turn: Turn, market: Market): void {
  for (const side of ["buy", "sell"] as const) {
    const bookSide: BookSide = side === "buy" ? "bid" : "ask";
    const worst = market.book.priceAt(bookSide, market.book.levelCount(bookSide) - 1);
    for (const order of market.resting[side].all()) {
      if (order.aheadShown === null || order.queue.ahead === 0) continue;
      const price = order.price!;
      if (worst === undefined || (side === "buy" ? price < worst : price > worst)) continue;
      const { ahead } = order.queue;
      advanceBySnapshot(order.queue, market.book.sizeAt(bookSide, price));
      if (order.queue.ahead !== ahead) tellQueue(turn, order);
    }
  }
}

/** Fills resting orders that opposite liquidity has come to: their price is at or beyond the opposite best. */
export function matchCrossed(turn: Turn, market: Market): void {
  for (const side of ["buy", "sell"] as const) {
    const best = side === "buy" ? market.book.bestAsk() : market.book.bestBid();
    const price = market.resting[side].best();
    if (best === undefined || price === undefined) continue;
    if (side === "buy" ? price < best : price > best) continue;
    for (const order of market.resting[side].reachedBy(best)) {
      if (order.stage === "resting") matchAgainstBook(turn, market, order);
    }
  }
}

/** Lets a public trade consume queues and fill what it reaches. */
export function applyTradeVolume(turn: Turn, market: Market, trade: MarketTrade): void {
  const side: Side = hitSide(trade) === "bid" ? "buy" : "sell";
  const isLate = market.contains(trade);
  const takenByScope = new Map<string, number>();
  for (const order of market.resting[side].reachedBy(trade.price)) {
    if (order.stage !== "resting" || trade.tradeTimeMs <= order.joinedBookMs) continue;
    const portfolio = portfolioOf(ownerOf(turn.state, order), order.account);
    const reach = reachOf(turn, order, portfolio, trade, isLate);
    if (!market.isLive) continue;
    const scope = scopeOf(portfolio);
    const taken = takenByScope.get(scope) ?? 0;
    const size = wholeSteps(market, Math.min(remainingOf(order), reach - taken));
    if (size <= 0) continue;
    takenByScope.set(scope, taken + size);
    fillResting(turn, order, size as Lots);
  }
}

/** How much of the trade's volume got as far as this order, before it is shared with orders of ours ahead of it. */
function reachOf(
  turn: Turn,
  order: LiveOrder,
  { settings }: Portfolio,
  trade: MarketTrade,
  isLate: boolean,
): number {
  if (order.price !== trade.price) return trade.size;
  if (settings.fillModel === "cross") return 0;
  if (settings.fillModel === "touch") return trade.size;
  const { ahead, credit } = order.queue;
  const reach = advanceByTrade(order.queue, trade.size, isLate);
  if (order.queue.ahead !== ahead || order.queue.credit !== credit) tellQueue(turn, order);
  return reach;
}

function matchAgainstBook(turn: Turn, market: Market, order: LiveOrder): void {
  const portfolio = portfolioOf(ownerOf(turn.state, order), order.account);
  const scope = scopeOf(portfolio);
  const beyond = order.side === "buy" ? -1 : 1;
  const limit = order.price! + (portfolio.settings.fillModel === "cross" ? beyond : 0);
  const liquidity = market.liquidity(order.side, scope);
  const walk = walkQuantity(liquidity, remainingOf(order), limit as Ticks);
  if (walk.filled === 0) return;
  market.held.take(scope, liquidity.side, walk.fills);
  fillResting(turn, order, walk.filled as Lots);
}

/** Publishes the place in the queue when it has halved or reached the front; otherwise only stores it. */
function tellQueue(turn: Turn, order: LiveOrder): void {
  const changes = turn.of(ownerOf(turn.state, order));
  const { ahead } = order.queue;
  const shown = order.aheadShown!;
  if (shown > 0 && ahead * 2 <= shown) {
    order.aheadShown = ahead as Lots;
    order.updatedAt = turn.at;
    changes.touchOrder(order);
    changes.emit("order:queue_moved", { order: changes.view(order) });
  } else {
    changes.touchTrack(order);
  }
}

function wholeSteps(market: Market, size: number): number {
  return size - (size % market.rules.lot.step);
}
