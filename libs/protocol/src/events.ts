/**
 * Canonical events: what happened, once, in the wording of the default dialect. Every payload has `seq`, its number in
 * its stream (1, 2, 3, … without a hole), and `timestamp`.
 */
import { z } from "zod";
import { Balance, Portfolio, Position } from "./accounts.ts";
import { MarketSource, MarketStatus } from "./markets.ts";
import { Order, OrderSide, Trade } from "./orders.ts";
import { DecimalText, Level, SignedDecimal, Timestamp } from "./text.ts";
import {
  LeaderboardRow,
  LeaderboardSnapshot,
  RankingChange,
  RoomMember,
  TradeRoom,
} from "./trade-rooms.ts";

const numbered = { seq: z.int().positive(), timestamp: Timestamp };
const orderEvent = z.object({ ...numbered, order: Order, reason: z.string().optional() });
const positionEvent = z.object({ ...numbered, position: Position });

export const BookView = z.object({
  pair: z.string(),
  symbol: z.string(),
  depth: z.int(),
  seq: z.int().positive(),
  timestamp: Timestamp,
  lastUpdateId: z.int(),
  bids: z.array(Level),
  asks: z.array(Level),
  /** CRC-32 over the top 10 of both sides: see `bookChecksum`. */
  checksum: z.int(),
  best: z.object({
    bid: z.string().nullable(),
    bidSize: z.string().nullable(),
    ask: z.string().nullable(),
    askSize: z.string().nullable(),
    spread: z.string().nullable(),
  }),
});
export type BookView = z.infer<typeof BookView>;

/** Changed levels since `prevSeq`; size "0" removes the level. */
export const BookUpdate = BookView.extend({ prevSeq: z.int() });
export type BookUpdate = z.infer<typeof BookUpdate>;

/** Events of a user's own stream, numbered per user. */
export const USER_EVENTS = {
  "order:created": orderEvent,
  "order:submitted": orderEvent,
  "order:partially_filled": orderEvent,
  "order:filled": orderEvent,
  "order:cancelled": orderEvent,
  "order:rejected": orderEvent,
  "order:expired": orderEvent,
  "order:triggered": orderEvent,
  "order:amended": orderEvent,
  /** The size ahead of a resting order changed noticeably. */
  "order:queue_moved": orderEvent,
  "trade:executed": z.object({ ...numbered, trade: Trade }),
  "trade:impact": z.object({
    ...numbered,
    tradeIds: z.array(z.string()),
    orderId: z.string(),
    pair: z.string(),
    symbol: z.string(),
    consumedBids: z.array(Level),
    consumedAsks: z.array(Level),
    averagePrice: DecimalText,
    slippageBps: z.string(),
  }),
  "balance:updated": Balance.extend({ ...numbered, reason: z.string() }),
  "position:opened": positionEvent,
  "position:updated": positionEvent,
  "position:closed": positionEvent,
  "portfolio:updated": Portfolio.extend(numbered),
} as const;

/** Events of a market's streams. */
export const MARKET_EVENTS = {
  "orderbook:snapshot": BookView,
  "orderbook:update": BookUpdate,
  "price:update": z.object({
    ...numbered,
    pair: z.string(),
    symbol: z.string(),
    last: DecimalText.nullable(),
    bid: DecimalText.nullable(),
    ask: DecimalText.nullable(),
    mark: DecimalText.nullable(),
    change24h: SignedDecimal.optional(),
    volume24h: DecimalText.optional(),
  }),
  "tape:trade": z.object({
    ...numbered,
    pair: z.string(),
    symbol: z.string(),
    price: DecimalText,
    quantity: DecimalText,
    side: OrderSide,
    source: z.enum(["user", "binance"]),
  }),
  "feed:status": z.object({
    ...numbered,
    pair: z.string(),
    symbol: z.string(),
    status: MarketStatus,
    source: MarketSource,
    reason: z.string().optional(),
  }),
  /** Sizes already taken by simulated fills, per level, without user ids: own shares come with `trade:impact`. */
  "liquidity:held": z.object({
    ...numbered,
    pair: z.string(),
    symbol: z.string(),
    scope: z.string(),
    bids: z.array(Level),
    asks: z.array(Level),
  }),
} as const;

const roomEvent = z.object({ ...numbered, room: TradeRoom, member: RoomMember.optional() });

/** Events of a trade room's stream: public to everyone who may see the room. */
export const ROOM_EVENTS = {
  "room:state_changed": roomEvent,
  "room:started": roomEvent,
  "room:ended": roomEvent,
  "room:member_joined": roomEvent,
  "room:member_left": roomEvent,
  "leaderboard:update": z.object({
    ...numbered,
    roomId: z.string(),
    rows: z.array(LeaderboardRow),
  }),
  "leaderboard:ranking_changed": z.object({
    ...numbered,
    roomId: z.string(),
    change: RankingChange,
  }),
  "leaderboard:snapshot_created": z.object({
    ...numbered,
    roomId: z.string(),
    snapshot: LeaderboardSnapshot,
  }),
} as const;

/** Events about the connection itself; not numbered, not stored. */
export const CONNECTION_EVENTS = {
  welcome: z.object({
    node: z.string(),
    userId: z.string().nullable(),
    seq: z.int().nullable(),
    serverTime: Timestamp,
    /** How long and how many user events are kept for `resume`. */
    retention: z.object({ events: z.int(), ms: z.int() }),
  }),
  subscribed: z.object({ subscriptions: z.array(z.string()) }),
  unsubscribed: z.object({ subscriptions: z.array(z.string()) }),
  "server:draining": z.object({ reason: z.string(), reconnectWithinMs: z.int() }),
  "session:revoked": z.object({ reason: z.string() }),
  /**
   * What the user's portfolios and open positions are worth now, at the best bid: sent to the connection, at most once a
   * second and only when it changed. Not numbered: the next mark replaces it.
   */
  "portfolio:marked": Portfolio.extend({ timestamp: Timestamp }),
  "position:marked": z.object({ timestamp: Timestamp, position: Position }),
  /** The user's own row in a trade room it watches, when its rank changed: at most once a second. Not numbered. */
  "leaderboard:own_rank": z.object({
    timestamp: Timestamp,
    roomId: z.string(),
    row: LeaderboardRow,
    /** `null`: not told on this connection before. */
    previousRank: z.int().positive().nullable(),
  }),
  /** The missed events are no longer kept: reload state by REST, then go on from `seq`. */
  resync: z.object({ reason: z.string(), seq: z.int() }),
  error: z.object({ code: z.string(), message: z.string(), retry: z.boolean() }),
} as const;

export type UserEventName = keyof typeof USER_EVENTS;
export type MarketEventName = keyof typeof MARKET_EVENTS;
export type RoomEventName = keyof typeof ROOM_EVENTS;
export type ConnectionEventName = keyof typeof CONNECTION_EVENTS;
export type EventName = UserEventName | MarketEventName | RoomEventName | ConnectionEventName;

type Payloads<T extends Record<string, z.ZodType>> = { [K in keyof T]: z.infer<T[K]> };
export type UserEvents = Payloads<typeof USER_EVENTS>;
export type MarketEvents = Payloads<typeof MARKET_EVENTS>;
export type RoomEvents = Payloads<typeof ROOM_EVENTS>;
export type ConnectionEvents = Payloads<typeof CONNECTION_EVENTS>;
export type Events = UserEvents & MarketEvents & RoomEvents & ConnectionEvents;

/** An event on its way: name and payload, in the order `socket.emit` takes them. */
export type EventOf<N extends EventName> = { [K in N]: readonly [name: K, payload: Events[K]] }[N];
export type UserEvent = EventOf<UserEventName>;
export type MarketEvent = EventOf<MarketEventName>;
export type RoomEvent = EventOf<RoomEventName>;
export type CanonicalEvent = EventOf<EventName>;
