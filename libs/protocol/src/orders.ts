import { z } from "zod";
import {
  AccountId,
  ClientOrderId,
  DecimalText,
  PositiveDecimal,
  SentAt,
  Timestamp,
} from "./text.ts";

export const OrderSide = z.enum(["buy", "sell"]);
export const OrderType = z.enum([
  "market",
  "limit",
  "stop",
  "stop_limit",
  "take_profit",
  "take_profit_limit",
  "trailing_stop",
]);
export type OrderType = z.infer<typeof OrderType>;

export const TimeInForce = z.enum(["GTC", "IOC", "FOK", "GTD", "DAY"]);
export type TimeInForce = z.infer<typeof TimeInForce>;

/**
 * `pending`: a trigger order that has not triggered, or is waiting for the latency model. `open`: on the simulated book.
 * The other four but `partially_filled` are terminal.
 */
export const OrderStatus = z.enum([
  "pending",
  "open",
  "partially_filled",
  "filled",
  "cancelled",
  "rejected",
  "expired",
]);
export type OrderStatus = z.infer<typeof OrderStatus>;

const lowerCase = (value: unknown) => (typeof value === "string" ? value.toLowerCase() : value);
const upperCase = (value: unknown) => (typeof value === "string" ? value.toUpperCase() : value);

/** `order:place` and `POST /api/orders`. Which fields belong to which type is checked by `checkOrderShape`. */
export const PlaceOrder = z
  .strictObject({
    clientOrderId: ClientOrderId.optional(),
    sentAt: SentAt.optional(),
    pair: z.string().min(1).max(32),
    side: z.preprocess(lowerCase, OrderSide),
    type: z.preprocess(lowerCase, OrderType),
    quantity: PositiveDecimal.optional(),
    quoteQuantity: PositiveDecimal.optional(),
    price: PositiveDecimal.optional(),
    stopPrice: PositiveDecimal.optional(),
    trailingBps: z.int().min(1).max(10_000).optional(),
    timeInForce: z.preprocess(upperCase, TimeInForce).optional(),
    expireAt: z.iso.datetime({ offset: true }).optional(),
    postOnly: z.boolean().optional(),
    account: AccountId.optional(),
  })
  .superRefine((order, context) => {
    for (const problem of orderShapeProblems(order)) context.addIssue(problem);
  });
export type PlaceOrder = z.infer<typeof PlaceOrder>;

/** `order:place_oco` and `POST /api/orders/oco`: a limit leg and a stop leg; one fills or triggers, the other goes. */
export const PlaceOco = z.strictObject({
  clientOrderId: ClientOrderId.optional(),
  sentAt: SentAt.optional(),
  pair: z.string().min(1).max(32),
  side: z.preprocess(lowerCase, OrderSide),
  quantity: PositiveDecimal,
  price: PositiveDecimal,
  stopPrice: PositiveDecimal,
  stopLimitPrice: PositiveDecimal.optional(),
  account: AccountId.optional(),
});
export type PlaceOco = z.infer<typeof PlaceOco>;

/** By order id or by the client's own id. */
export const OrderRef = z.union([
  z.strictObject({ orderId: z.string().min(1).max(64), commandId: ClientOrderId.optional() }),
  z.strictObject({ clientOrderId: ClientOrderId, commandId: ClientOrderId.optional() }),
]);
export type OrderRef = z.infer<typeof OrderRef>;

/** Amends the total quantity down, in place; the order keeps its place in the queue. */
export const AmendOrder = z.strictObject({
  orderId: z.string().min(1).max(64),
  quantity: PositiveDecimal,
  commandId: ClientOrderId.optional(),
});
export type AmendOrder = z.infer<typeof AmendOrder>;

/** Cancels one order and places another in one step; nothing changes when the new order is refused. */
export const CancelReplace = z.strictObject({
  orderId: z.string().min(1).max(64),
  order: PlaceOrder,
});
export type CancelReplace = z.infer<typeof CancelReplace>;

export const CancelAll = z.strictObject({
  pair: z.string().min(1).max(32).optional(),
  account: AccountId.optional(),
  commandId: ClientOrderId.optional(),
});
export type CancelAll = z.infer<typeof CancelAll>;

interface OrderShape {
  type: OrderType;
  quantity?: string | undefined;
  quoteQuantity?: string | undefined;
  price?: string | undefined;
  stopPrice?: string | undefined;
  trailingBps?: number | undefined;
  timeInForce?: TimeInForce | undefined;
  expireAt?: string | undefined;
  postOnly?: boolean | undefined;
}

/** Table of what each type needs and may not carry. Source: Binance Spot, "New order", mandatory parameters by type. */
function* orderShapeProblems(order: OrderShape) {
  const limited =
    order.type === "limit" || order.type === "stop_limit" || order.type === "take_profit_limit";
  const triggered = order.type.startsWith("stop") || order.type.startsWith("take_profit");
  const problem = (path: string, message: string) => ({
    code: "custom" as const,
    path: [path],
    message,
  });

  if (limited && order.price === undefined)
    yield problem("price", `a ${order.type} order needs a price`);
  if (!limited && order.price !== undefined)
    yield problem("price", `a ${order.type} order takes no price`);
  if (triggered && order.stopPrice === undefined)
    yield problem("stopPrice", `a ${order.type} order needs a stopPrice`);
  if (!triggered && order.type !== "trailing_stop" && order.stopPrice !== undefined) {
    yield problem("stopPrice", `a ${order.type} order takes no stopPrice`);
  }
  if ((order.type === "trailing_stop") !== (order.trailingBps !== undefined)) {
    yield problem("trailingBps", "trailingBps belongs to trailing_stop orders, and they need it");
  }
  if (order.type === "market") {
    if ((order.quantity === undefined) === (order.quoteQuantity === undefined)) {
      yield problem("quantity", "a market order takes either quantity or quoteQuantity");
    }
  } else {
    if (order.quantity === undefined)
      yield problem("quantity", `a ${order.type} order needs a quantity`);
    if (order.quoteQuantity !== undefined)
      yield problem("quoteQuantity", "only market orders take quoteQuantity");
  }
  if (order.postOnly === true && order.type !== "limit")
    yield problem("postOnly", "only limit orders can be post-only");
  if (order.postOnly === true && (order.timeInForce === "IOC" || order.timeInForce === "FOK")) {
    yield problem("timeInForce", "a post-only order rests, so it cannot be IOC or FOK");
  }
  if (
    !limited &&
    order.timeInForce !== undefined &&
    order.timeInForce !== "IOC" &&
    order.type === "market"
  ) {
    yield problem("timeInForce", "a market order is immediate: leave timeInForce out");
  }
  if ((order.timeInForce === "GTD") !== (order.expireAt !== undefined)) {
    yield problem("expireAt", "expireAt belongs to GTD orders, and they need it");
  }
}

const Nullable = DecimalText.nullable();

/** The public state of an order, in events and answers. */
export const Order = z.object({
  id: z.string(),
  clientOrderId: z.string(),
  account: AccountId,
  pair: z.string(),
  symbol: z.string(),
  side: OrderSide,
  type: OrderType,
  timeInForce: TimeInForce,
  postOnly: z.boolean(),
  quantity: Nullable,
  quoteQuantity: Nullable,
  price: Nullable,
  stopPrice: Nullable,
  trailingBps: z.int().nullable(),
  status: OrderStatus,
  filledQuantity: DecimalText,
  remainingQuantity: Nullable,
  averagePrice: Nullable,
  fee: DecimalText,
  feeAsset: z.string().nullable(),
  /** Base size ahead of this order in the queue at its price; null when it does not rest. */
  queueAhead: Nullable,
  /** Id shared by the two legs of an OCO. */
  listId: z.string().nullable(),
  reason: z.string().nullable(),
  expireAt: Timestamp.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  filledAt: Timestamp.nullable(),
});
export type Order = z.infer<typeof Order>;

export const Trade = z.object({
  id: z.string(),
  orderId: z.string(),
  account: AccountId,
  pair: z.string(),
  symbol: z.string(),
  side: OrderSide,
  /** Whether the fill opens or adds to the position, or reduces it. */
  type: z.enum(["entry", "exit"]),
  liquidity: z.enum(["maker", "taker"]),
  quantity: DecimalText,
  price: DecimalText,
  value: DecimalText,
  fee: DecimalText,
  feeAsset: z.string(),
  realizedPnL: z.string(),
  /** Binance `lastUpdateId` of the book the fill was made on. */
  bookUpdateId: z.int(),
  executedAt: Timestamp,
});
export type Trade = z.infer<typeof Trade>;

/** `order:preview`: what `order:place` would do now. */
export const OrderPreview = z.object({
  averagePrice: Nullable,
  worstPrice: Nullable,
  slippageBps: z.string(),
  filledQuantity: DecimalText,
  value: DecimalText,
  fee: DecimalText,
  feeAsset: z.string(),
  levels: z.int(),
  /** What would be left to rest or to expire, in base. */
  remainingQuantity: DecimalText,
  bookUpdateId: z.int(),
});
export type OrderPreview = z.infer<typeof OrderPreview>;
