/**
 * Dialect of document 001: `orderbook:update` is always the whole view, `trade:executed` the public tape of an asset,
 * `order:update` and `balance:update` are the user's own. Own fills are told by `order:update`, since their name is
 * taken by the tape.
 */
import type { BookView, Events } from "../events.ts";
import {
  baseAsset,
  type Dialect,
  type DialectTable,
  type Message,
  plainAsset,
  type Row,
  type WordingContext,
} from "./dialect.ts";

function fullBook(_event: BookView, { book }: WordingContext): Message | null {
  if (book === null) return null;
  const { pair, symbol, depth, seq, timestamp, lastUpdateId, bids, asks, checksum, best } = book;
  return {
    name: "orderbook:update",
    body: {
      assetId: baseAsset(pair),
      pair,
      symbol,
      depth,
      bids,
      asks,
      best,
      lastUpdateId,
      checksum,
      seq,
      timestamp,
    },
  };
}

function orderUpdate({ order, reason, seq, timestamp }: Events["order:created"]): Message {
  const body = { ...order, reason: reason ?? order.reason, assetId: baseAsset(order.pair) };
  return { name: "order:update", body: { ...body, seq, timestamp } };
}

function balanceUpdate(payload: Events["balance:updated"]): Message {
  const { account, asset, total, available, locked, seq, timestamp } = payload;
  return {
    name: "balance:update",
    body: {
      assetId: plainAsset(asset),
      balance: total,
      account,
      asset,
      available,
      locked,
      seq,
      timestamp,
    },
  };
}

function publicTrade(payload: Events["tape:trade"]): Message {
  const { pair, symbol, price, quantity, side, source, seq, timestamp } = payload;
  return {
    name: "trade:executed",
    body: { assetId: baseAsset(pair), pair, symbol, price, quantity, side, source, seq, timestamp },
  };
}

function priceUpdate(payload: Events["price:update"]): Message {
  return {
    name: "price:update",
    body: { assetId: baseAsset(payload.pair), price: payload.last ?? payload.mark, ...payload },
  };
}

/** Events about the connection keep their names: document 001 has none of its own. */
function plain<N extends keyof Events & string>(name: N): (body: Events[N]) => Message {
  return (body) => ({ name, body });
}

const table: DialectTable = {
  "orderbook:snapshot": fullBook,
  "orderbook:update": fullBook as Row<"orderbook:update">,
  "tape:trade": publicTrade,
  "price:update": priceUpdate,
  "order:created": orderUpdate,
  "order:submitted": orderUpdate,
  "order:partially_filled": orderUpdate,
  "order:filled": orderUpdate,
  "order:cancelled": orderUpdate,
  "order:rejected": orderUpdate,
  "order:expired": orderUpdate,
  "order:triggered": orderUpdate,
  "order:amended": orderUpdate,
  "balance:updated": balanceUpdate,
  "feed:status": plain("feed:status"),
  welcome: plain("welcome"),
  subscribed: plain("subscribed"),
  unsubscribed: plain("unsubscribed"),
  "server:draining": plain("server:draining"),
  "session:revoked": plain("session:revoked"),
  resync: plain("resync"),
  error: plain("error"),
};

export const gatewayDialect: Dialect = { name: "gateway", needsFullBook: true, table };
