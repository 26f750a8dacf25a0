/** Publishing of markets' numbered streams: books, prices, tape, feed status, shown held liquidity. */
import {
  type BookDepth,
  type BookUpdate,
  type BookView,
  type MarketEvent,
  type MarketInfo,
  rooms,
} from "@mirrorbook/protocol";
import { keys, type MarketStream } from "./keys.ts";
import {
  BOOK_CHANGES_MAX,
  FEED_STATUS_EVENTS_MAX,
  HELD_EVENTS_MAX,
  TAPE_EVENTS_MAX,
  TICKER_EVENTS_MAX,
} from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import type { RoomPackets } from "./room-packets.ts";
import { runScript } from "./scripts.ts";
import { seqOf } from "./stream-entries.ts";

export type PublishResult =
  | { readonly kind: "published" }
  /** The stream stands at `seq`, not where the caller thought: another leader published, or an answer got lost. */
  | { readonly kind: "out_of_sequence"; readonly seq: number };

const STREAMS: Record<MarketStream, { max: number; room: (symbol: string) => string }> = {
  ticker: { max: TICKER_EVENTS_MAX, room: rooms.ticker },
  tape: { max: TAPE_EVENTS_MAX, room: rooms.tape },
  status: { max: FEED_STATUS_EVENTS_MAX, room: rooms.market },
  "held-shown": { max: HELD_EVENTS_MAX, room: rooms.market },
};

/**
 * Publishes the update that leads to `view`, or, where there was nothing before, `view` itself as a snapshot.
 * Calls of one tick leave in one write. @throws when Redis does not answer: then read where the stream stands.
 */
export async function publishBook(
  redis: RedisClient,
  packets: RoomPackets,
  view: BookView,
  update: BookUpdate,
): Promise<PublishResult> {
  const { symbol, depth } = view;
  const text = JSON.stringify(["orderbook:update", update]);
  const { channel, message } = packets.packet(rooms.book(symbol, depth), [text]);
  const reply = await runScript(
    redis,
    "publish-events",
    keys.book(symbol, depth),
    keys.bookChanges(symbol, depth),
    view.seq - 1,
    BOOK_CHANGES_MAX,
    JSON.stringify(view),
    channel,
    message,
    text,
  );
  return published(reply);
}

/** Publishes events of one of a market's other streams; they carry the numbers lastSeq + 1, + 2, … */
export async function publishMarketEvents(
  redis: RedisClient,
  packets: RoomPackets,
  stream: MarketStream,
  symbol: string,
  lastSeq: number,
  events: readonly MarketEvent[],
): Promise<PublishResult> {
  const { max, room } = STREAMS[stream];
  const texts = events.map((event) => JSON.stringify(event));
  const { channel, message } = packets.packet(room(symbol), texts);
  const reply = await runScript(
    redis,
    "publish-events",
    keys.marketLast(symbol, stream),
    keys.marketEvents(symbol, stream),
    lastSeq,
    max,
    JSON.stringify(events.at(-1)![1]),
    channel,
    message,
    ...texts,
  );
  return published(reply);
}

/** Where a market's stream stands: the number of its last event, 0 where there is none. */
export async function marketSeq(
  redis: RedisClient,
  stream: MarketStream,
  symbol: string,
): Promise<number> {
  const top = await redis.xrevrange(keys.marketEvents(symbol, stream), "+", "-", "COUNT", 1);
  return seqOf(top[0]);
}

/** As `marketSeq`, of a book. */
export async function bookSeq(
  redis: RedisClient,
  symbol: string,
  depth: BookDepth,
): Promise<number> {
  const top = await redis.xrevrange(keys.bookChanges(symbol, depth), "+", "-", "COUNT", 1);
  return seqOf(top[0]);
}

/** Replaces what clients learn of the markets served. Symbols no longer served go. */
export async function writeMarkets(
  redis: RedisClient,
  markets: readonly MarketInfo[],
): Promise<void> {
  const known = await redis.hkeys(keys.markets);
  const served = new Set(markets.map(({ symbol }) => symbol));
  const gone = known.filter((symbol) => !served.has(symbol));
  const fields = markets.flatMap((info, rank) => [info.symbol, JSON.stringify({ ...info, rank })]);
  const writes: Promise<unknown>[] = [];
  if (fields.length > 0) writes.push(redis.hset(keys.markets, ...fields));
  if (gone.length > 0) writes.push(redis.hdel(keys.markets, ...gone));
  await Promise.all(writes);
}

function published(reply: unknown): PublishResult {
  const [done, seq] = reply as [number, number];
  return done === 1 ? { kind: "published" } : { kind: "out_of_sequence", seq };
}
