/**
 * Dialect of document 000: one envelope `{ type, pair, data }`, over the Socket.IO event `message` or plain WebSocket.
 * The four types of the document carry exactly its fields; the book adds what a client needs to chain differences.
 */
import type { BookUpdate, BookView, Events } from "../events.ts";
import type { Dialect, DialectTable, Message } from "./dialect.ts";

const NAME = "message";

function envelope(type: string, pair: string | undefined, data: unknown): Message {
  return { name: NAME, body: pair === undefined ? { type, data } : { type, pair, data } };
}

function tradeExecuted({ trade }: Events["trade:executed"]): Message {
  return envelope("TRADE_EXECUTED", trade.pair, {
    tradeId: trade.id,
    orderId: trade.orderId,
    price: trade.price,
    quantity: trade.quantity,
    side: trade.side,
    timestamp: trade.executedAt,
    fee: trade.fee,
    feeCurrency: trade.feeAsset,
  });
}

/** Balances of trade rooms are another portfolio: a client of this dialect knows only one per asset. */
function balanceUpdate(payload: Events["balance:updated"]): Message | null {
  if (payload.account !== "main") return null;
  const { asset, total, available } = payload;
  return envelope("BALANCE_UPDATE", undefined, { asset, total, available });
}

function bookMessage(view: BookView, prevSeq: number | null): Message {
  const { pair, bids, asks, lastUpdateId, seq, checksum } = view;
  const snapshot = prevSeq === null;
  return envelope("BINANCE_ORDER_BOOK_UPDATE", pair, {
    bids,
    asks,
    lastUpdateId,
    snapshot,
    seq,
    prevSeq,
    checksum,
  });
}

function tradeImpact(payload: Events["trade:impact"]): Message {
  const { tradeIds, pair, consumedBids, consumedAsks } = payload;
  return envelope("TRADE_IMPACT_ON_BOOK", pair, {
    tradeId: tradeIds[0] ?? payload.orderId,
    consumedBids,
    consumedAsks,
  });
}

const plain = (type: string) => (data: unknown) => envelope(type, undefined, data);

const table: DialectTable = {
  "trade:executed": tradeExecuted,
  "balance:updated": balanceUpdate,
  "orderbook:snapshot": (view) => bookMessage(view, null),
  "orderbook:update": (update: BookUpdate) => bookMessage(update, update.prevSeq),
  "trade:impact": tradeImpact,
  welcome: plain("WELCOME"),
  subscribed: plain("SUBSCRIBED"),
  unsubscribed: plain("UNSUBSCRIBED"),
  "server:draining": plain("SERVER_DRAINING"),
  "session:revoked": plain("SESSION_REVOKED"),
  resync: plain("RESYNC"),
  error: plain("ERROR"),
};

export const typedDialect: Dialect = { name: "typed", needsFullBook: false, table };
