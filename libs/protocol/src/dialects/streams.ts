/**
 * Dialect of document 003: flat messages in snake case over plain WebSocket. A member chooses among its own messages
 * by the topics `orders` and `trades`. The buyer's or seller's id and fee stand only in the party's own message.
 */
import type { BookView, Events } from "../events.ts";
import type { Order } from "../orders.ts";
import {
  type Dialect,
  type DialectTable,
  type Message,
  slashedSymbol,
  type WordingContext,
} from "./dialect.ts";

export const STREAM_TOPICS = { orders: "orders", trades: "trades" } as const;

type OrderAction = "created" | "filled" | "partially_filled" | "cancelled";

/** The document's status words: an order that rests, or waits for its trigger, is OPEN or PENDING. */
function statusWord(status: Order["status"]): string {
  return status.toUpperCase();
}

function orderUpdate(action: OrderAction) {
  return ({ order, timestamp }: Events["order:created"], { userId }: WordingContext): Message => ({
    name: "order_update",
    topic: STREAM_TOPICS.orders,
    body: {
      type: "order_update",
      action,
      order_id: order.id,
      user_id: userId,
      symbol: slashedSymbol(order.pair, order.symbol),
      side: order.side.toUpperCase(),
      status: statusWord(order.status),
      quantity: order.quantity,
      filled_quantity: order.filledQuantity,
      price: order.price ?? order.averagePrice,
      timestamp,
    },
  });
}

function ownTrade({ trade }: Events["trade:executed"], { userId }: WordingContext): Message {
  const party =
    trade.side === "buy"
      ? { buyer_id: userId, buyer_fee: trade.fee }
      : { seller_id: userId, seller_fee: trade.fee };
  return {
    name: "trade_executed",
    topic: STREAM_TOPICS.trades,
    body: {
      type: "trade_executed",
      trade_id: trade.id,
      symbol: slashedSymbol(trade.pair, trade.symbol),
      price: trade.price,
      quantity: trade.quantity,
      ...party,
      executed_at: trade.executedAt,
    },
  };
}

function publicTrade(payload: Events["tape:trade"]): Message {
  const { pair, symbol, seq, price, quantity, timestamp } = payload;
  return {
    name: "trade_executed",
    body: {
      type: "trade_executed",
      trade_id: `${symbol}-${seq}`,
      symbol: slashedSymbol(pair, symbol),
      price,
      quantity,
      executed_at: timestamp,
    },
  };
}

function bestPrices({ pair, symbol, best, timestamp }: BookView): Message {
  return {
    name: "orderbook_update",
    body: {
      type: "orderbook_update",
      symbol: slashedSymbol(pair, symbol),
      best_bid: best.bid,
      best_ask: best.ask,
      bid_quantity: best.bidSize,
      ask_quantity: best.askSize,
      spread: best.spread,
      timestamp,
    },
  };
}

const plain = (type: string) => (payload: object) => ({ name: type, body: { type, ...payload } });

const table: DialectTable = {
  "order:created": orderUpdate("created"),
  "order:partially_filled": orderUpdate("partially_filled"),
  "order:filled": orderUpdate("filled"),
  "order:cancelled": orderUpdate("cancelled"),
  // The document has four actions; for its clients these two end an order as a cancellation does, with their status.
  "order:expired": orderUpdate("cancelled"),
  "order:rejected": orderUpdate("cancelled"),
  "trade:executed": ownTrade,
  "tape:trade": publicTrade,
  "orderbook:snapshot": bestPrices,
  "orderbook:update": bestPrices,
  welcome: plain("welcome"),
  subscribed: plain("subscribed"),
  unsubscribed: plain("unsubscribed"),
  "server:draining": plain("server_draining"),
  "session:revoked": plain("session_revoked"),
  resync: plain("resync"),
  error: plain("error"),
};

export const streamsDialect: Dialect = { name: "streams", needsFullBook: false, table };
