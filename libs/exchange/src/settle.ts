import type { Trade } from "@mirrorbook/protocol";
import type { UserChanges } from "./changes.ts";
import { costOf } from "./cost.ts";
import { type Movement, pay, receive, release } from "./ledger.ts";
import type { Market } from "./market.ts";
import { feeOf, type Money, moneyText, valueAt, ZERO } from "./money.ts";
import { isLimited, type LiveOrder, remainingOf, reservedAssetOf } from "./order.ts";
import { cashValueOf, feeRateOf } from "./portfolio.ts";
import {
  addInventory,
  isPositionOpen,
  moveInventory,
  removeInventory,
  tellPosition,
} from "./positions.ts";
import { isCashMarket, marketOf, ownerOf, portfolioOf } from "./state.ts";
import type { Turn } from "./turn.ts";
import { type Portfolio, totalOf } from "./user.ts";
import type { Fill } from "./walk.ts";

interface Settlement {
  readonly turn: Turn;
  readonly changes: UserChanges;
  readonly portfolio: Portfolio;
  readonly market: Market;
  readonly order: LiveOrder;
  readonly liquidity: "maker" | "taker";
  readonly feeRate: Money;
}

/** What is told of fills once the order's own progress has been told. */
export interface Settled {
  readonly trades: readonly Trade[];
  readonly wasOpen: boolean;
  /** What the fills brought of the quote asset, net of fees; negative: what they cost. */
  readonly quote: Money;
}

/**
 * Books the fills of an order: money, inventory, one trade per fill, and where the order stands. The liquidity was
 * taken, and the funds were checked, by the caller, who then tells the order's progress and `tellConsequences`.
 */
export function settleFills(
  turn: Turn,
  order: LiveOrder,
  fills: readonly Fill[],
  liquidity: "maker" | "taker",
): Settled {
  const user = ownerOf(turn.state, order);
  const portfolio = portfolioOf(user, order.account);
  const market = marketOf(turn.state, order.symbol);
  const changes = turn.of(user);
  const feeRate = feeRateOf(turn.state, portfolio, liquidity);
  const settlement = { turn, changes, portfolio, market, order, liquidity, feeRate };
  const wasOpen = isPositionOpen(portfolio, market);
  const quoteBefore = totalOf(portfolio, market.spec.quote);
  const trades = fills.map((fill) => settleFill(settlement, fill));
  const quote = totalOf(portfolio, market.spec.quote) - quoteBefore;
  releaseSurplus(settlement);
  order.updatedAt = turn.at;
  if (fills.length > 0) portfolio.lastFillAt = turn.at;
  changes.revalue(portfolio);
  return { trades, wasOpen, quote };
}

/** Tells what the fills did to the book (taker fills only) and to the position. */
export function tellConsequences(
  turn: Turn,
  order: LiveOrder,
  fills: readonly Fill[],
  { trades, wasOpen, quote }: Settled,
): void {
  const user = ownerOf(turn.state, order);
  const market = marketOf(turn.state, order.symbol);
  const changes = turn.of(user);
  const portfolio = portfolioOf(user, order.account);
  if (trades[0]?.liquidity === "taker") tellImpact(changes, market, order, fills, trades);
  tellPosition(changes, portfolio, market, wasOpen, turn.at);
  if (isCashMarket(market)) return;
  const asset = market.spec.quote;
  const value = cashValueOf(turn.state, asset, quote);
  moveInventory(turn, user, portfolio, { asset, amount: quote, value }, `${order.id}-quote`);
}

function settleFill(settlement: Settlement, fill: Fill): Trade {
  const { turn, changes, market, order, liquidity } = settlement;
  const isBuy = order.side === "buy";
  const size = amountOf(market.size(fill.size));
  const value = amountOf(market.value(fill.price, fill.size));
  const fee = amountOf(feeOf((isBuy ? size : value).amount, settlement.feeRate));
  const tradeId = `${order.id}-${++order.fills}`;
  postFill(settlement, tradeId, size, value, fee);
  const realized = bookInventory(settlement, fill, size.amount, value.amount, fee.amount);

  order.filled = (order.filled + fill.size) as LiveOrder["filled"];
  order.filledValue += value.amount;
  order.fee += fee.amount;
  const price = market.priceText(fill.price);
  const quantity = size.text;
  const trade: Trade = {
    id: tradeId,
    orderId: order.id,
    account: order.account,
    pair: market.spec.pair,
    symbol: order.symbol,
    side: order.side,
    type: isBuy ? "entry" : "exit",
    liquidity,
    quantity,
    price,
    value: value.text,
    fee: fee.text,
    feeAsset: isBuy ? market.spec.base : market.spec.quote,
    realizedPnL: moneyText(realized),
    bookUpdateId: market.book.lastUpdateId,
    executedAt: turn.at,
  };
  changes.trade(trade);
  const aggressor = (liquidity === "taker") === isBuy ? "buy" : "sell";
  turn.tape.push({ symbol: order.symbol, price, quantity, side: aggressor });
  return trade;
}

/** Two linked postings through the venue, the fee a third. */
function postFill(
  settlement: Settlement,
  cause: string,
  size: Amount,
  value: Amount,
  fee: Amount,
): void {
  const { changes, portfolio, market, order } = settlement;
  const { base, quote } = market.spec;
  const isBuy = order.side === "buy";
  const [paid, got] = isBuy ? [value, size] : [size, value];
  const [paidAsset, gotAsset] = isBuy ? [quote, base] : [base, quote];
  const isReserved = order.reserved > ZERO;
  if (isReserved) order.reserved -= paid.amount;
  const part = isReserved ? "locked" : "available";
  const { venue, fees } = market.ledgers;
  const move = (asset: string, { amount, text }: Amount, reason: string): Movement => {
    return { portfolio, asset, amount, text, reason, cause };
  };
  pay(changes, move(paidAsset, paid, "trade"), part, venue);
  receive(changes, move(gotAsset, got, "trade"), venue);
  pay(changes, move(gotAsset, fee, "fee"), "available", fees);
}

/** An amount and its text, which a posting, a trade and an event tell. */
interface Amount {
  readonly amount: Money;
  readonly text: string;
}

function amountOf(amount: Money): Amount {
  return { amount, text: moneyText(amount) };
}

/** Moves the position and returns the realised P&L of the fill. A fee in base is valued at the fill's price. */
function bookInventory(
  { turn, portfolio, market, order }: Settlement,
  fill: Fill,
  size: Money,
  value: Money,
  fee: Money,
): Money {
  const change = { state: turn.state, portfolio, market, opener: order.id, at: turn.at };
  if (order.side === "sell") return removeInventory({ ...change, quantity: size, value, fee });
  if (fee === ZERO) return addInventory({ ...change, quantity: size, value, fee });
  const feeValue = valueAt(fee, market.price(fill.price));
  const cost = value - feeValue;
  return addInventory({ ...change, quantity: size - fee, value: cost, fee: feeValue });
}

/** Frees what was reserved beyond what the rest of the order needs: it filled better than its limit. */
function releaseSurplus({ changes, portfolio, market, order }: Settlement): void {
  if (order.reserved === ZERO) return;
  releaseDownTo(changes, portfolio, market, order, reserveNeeded(order, market), "trade");
}

/** Releases the part of an order's reserve above `needed`. */
export function releaseDownTo(
  changes: UserChanges,
  portfolio: Portfolio,
  market: Market,
  order: LiveOrder,
  needed: Money,
  reason: string,
): void {
  const amount = order.reserved - needed;
  if (amount <= ZERO) return;
  order.reserved = needed;
  const asset = reservedAssetOf(order, market);
  release(changes, { portfolio, asset, amount, reason, cause: order.id });
}

/**
 * What the rest of an order reserves: base for a sell, quote at its price for a buy. A stop or take-profit market buy
 * reserves at its trigger price; what it really costs is checked when it triggers. A trailing buy that has not started keeps
 * what it locked. Immediate market orders reserve nothing.
 */
export function reserveNeeded(order: LiveOrder, market: Market): Money {
  if (order.type === "market") return ZERO;
  const remaining = remainingOf(order);
  if (order.side === "sell") return market.size(remaining);
  const price = isLimited(order.type) ? order.price : order.stop;
  return price === null ? order.reserved : market.value(price, remaining);
}

function tellImpact(
  changes: UserChanges,
  market: Market,
  order: LiveOrder,
  fills: readonly Fill[],
  trades: readonly Trade[],
): void {
  const consumed = trades.map(({ price, quantity }): [string, string] => [price, quantity]);
  const isBuy = order.side === "buy";
  const { averagePrice, slippageBps } = costOf(market, order.side, fills);
  changes.emit("trade:impact", {
    tradeIds: trades.map((trade) => trade.id),
    orderId: order.id,
    pair: market.spec.pair,
    symbol: order.symbol,
    consumedBids: isBuy ? [] : consumed,
    consumedAsks: isBuy ? consumed : [],
    averagePrice,
    slippageBps,
  });
}
