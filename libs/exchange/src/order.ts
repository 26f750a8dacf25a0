import { invariant, type Lots, type Side, type Ticks } from "@mirrorbook/kernel";
import type { Order, OrderStatus, OrderType, TimeInForce } from "@mirrorbook/protocol";
import type { Market } from "./market.ts";
import { type Money, moneyText, ratioText, ZERO } from "./money.ts";
import type { QueuePlace } from "./queue.ts";

/**
 * Where an accepted order is: on its way to the book (latency model, or the market is not live), waiting for its
 * trigger, just taking (in no index), on the simulated book, or ended.
 */
export type OrderStage = "arriving" | "trigger" | "matching" | "resting" | "ended";

/** An order as the exchange holds it: whole ticks and lots, and what the public `Order` does not show. */
export interface LiveOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly userId: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  /** Total, lowered by amendments; `null` for a market order by quote amount. */
  quantity: Lots | null;
  readonly quoteQuantity: string | null;
  readonly price: Ticks | null;
  /** Trigger price. Of a trailing order the price that starts it, then the one that fires it. */
  stop: Ticks | null;
  readonly trailingBps: number | null;
  readonly expireAtMs: number | null;
  readonly listId: string | null;
  readonly createdAt: string;
  updatedAt: string;
  filledAt: string | null;
  status: OrderStatus;
  stage: OrderStage;
  reason: string | null;
  /** When the latency model lets it arrive. */
  dueAtMs: number | null;
  /** When it joined the queue at its price; orders of ours at one price fill in this order. */
  joinedAtMs: number;
  /** Exchange time of the book it joined; earlier trades were over before it was there. */
  joinedBookMs: number;
  filled: Lots;
  /** Value of all fills, in the quote asset. */
  filledValue: Money;
  fee: Money;
  /** Number of fills, for trade ids. */
  fills: number;
  /** Locked for this order: quote for a buy, base for a sell. */
  reserved: Money;
  readonly queue: QueuePlace;
  /** `queue.ahead` as last told to the user; `null` when the order does not rest in a queue. */
  aheadShown: Lots | null;
  /** Best trade price a trailing order has seen; `null` before it starts. */
  extreme: Ticks | null;
}

export function isTriggered(type: OrderType): boolean {
  return type !== "market" && type !== "limit";
}

/** Whether the order, once on the book, has a price: limit, stop-limit and take-profit-limit. */
export function isLimited(type: OrderType): boolean {
  return type === "limit" || type === "stop_limit" || type === "take_profit_limit";
}

/** Lots still to fill; 0 for a market order by quote amount, whose size the walk decides. */
export function remainingOf(order: LiveOrder): Lots {
  return (order.quantity === null ? 0 : order.quantity - order.filled) as Lots;
}

/** Orders by the command that made them, then by leg: the same in every replica. */
export function compareOrders(left: LiveOrder, right: LiveOrder): number {
  return compareIds(left.id, right.id) || compareText(left.id, right.id);
}

export function compareQueued(left: LiveOrder, right: LiveOrder): number {
  return left.joinedAtMs - right.joinedAtMs || compareOrders(left, right);
}

/** Compares the stream ids `<ms>-<n>` in two ids such as `o-<ms>-<n>` or in bare ones. */
export function compareIds(left: string, right: string): number {
  const [leftMs, leftNumber] = idParts(left);
  const [rightMs, rightNumber] = idParts(right);
  return leftMs - rightMs || leftNumber - rightNumber;
}

/** Reads digit by digit: every command's id is compared with the one before. */
function idParts(id: string): [ms: number, number: number] {
  let at = 0;
  while (at < id.length && !isDigit(id, at)) at++;
  let ms = 0;
  for (; isDigit(id, at); at++) ms = ms * 10 + digitAt(id, at);
  const isStreamId = isDigit(id, at - 1) && id[at] === "-" && isDigit(id, at + 1);
  invariant(isStreamId, "ids derive from stream ids, <ms>-<n>");
  let number = 0;
  for (at++; isDigit(id, at); at++) number = number * 10 + digitAt(id, at);
  return [ms, number];
}

function digitAt(text: string, at: number): number {
  return text.charCodeAt(at) - 48;
}

function isDigit(text: string, at: number): boolean {
  const digit = digitAt(text, at);
  return digit >= 0 && digit <= 9;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function feeAssetOf(order: LiveOrder, market: Market): string {
  return order.side === "buy" ? market.spec.base : market.spec.quote;
}

export function reservedAssetOf(order: LiveOrder, market: Market): string {
  return order.side === "buy" ? market.spec.quote : market.spec.base;
}

/** Decimals of shown averages: enough to tell, without the tail of a division. */
const AVERAGE_DECIMALS = 8;

export function averageText(value: Money, size: Money, market: Market): string {
  return ratioText(value, size, Math.max(AVERAGE_DECIMALS, market.spec.priceDecimals));
}

/** The public state of an order. */
export function orderView(order: LiveOrder, market: Market): Order {
  const hasFills = order.filled > 0;
  return {
    id: order.id,
    clientOrderId: order.clientOrderId,
    account: order.account,
    pair: market.spec.pair,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    quantity: order.quantity === null ? null : market.sizeText(order.quantity),
    quoteQuantity: order.quoteQuantity,
    price: order.price === null ? null : market.priceText(order.price),
    stopPrice: order.stop === null ? null : market.priceText(order.stop),
    trailingBps: order.trailingBps,
    status: order.status,
    filledQuantity: market.sizeText(order.filled),
    remainingQuantity: order.quantity === null ? null : market.sizeText(remainingOf(order)),
    averagePrice: hasFills
      ? averageText(order.filledValue, market.size(order.filled), market)
      : null,
    fee: moneyText(order.fee),
    feeAsset: hasFills ? feeAssetOf(order, market) : null,
    queueAhead: order.aheadShown === null ? null : market.sizeText(order.aheadShown),
    listId: order.listId,
    reason: order.reason,
    expireAt: order.expireAtMs === null ? null : new Date(order.expireAtMs).toISOString(),
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
    filledAt: order.filledAt,
  };
}

/** What an order is before anything has happened to it. */
export const UNTOUCHED = {
  filledAt: null,
  status: "pending",
  stage: "arriving",
  reason: null,
  dueAtMs: null,
  joinedAtMs: 0,
  joinedBookMs: 0,
  filled: 0 as Lots,
  filledValue: ZERO,
  fee: ZERO,
  fills: 0,
  reserved: ZERO,
  aheadShown: null,
  extreme: null,
} as const satisfies Partial<LiveOrder>;
