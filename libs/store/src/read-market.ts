/** What gateways read of markets: the state a new subscriber starts from, and what REST shows. */
import type { BookDepth, BookUpdate, BookView, EventOf, MarketInfo } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import { PAGE_MAX } from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import { fieldsOf, type StreamEntry, seqOf } from "./stream-entries.ts";

/** Markets the leader serves, in its order of configuration; empty until a leader has been there. */
export async function readMarkets(redis: RedisClient): Promise<MarketInfo[]> {
  const fields = await redis.hgetall(keys.markets);
  return Object.values(fields)
    .map((text) => JSON.parse(text) as MarketInfo & { rank: number })
    .sort((a, b) => a.rank - b.rank)
    .map(({ rank: _, ...info }) => info);
}

/** The book as last published at this depth; `null` before the first publication. */
export async function readBookView(
  redis: RedisClient,
  symbol: string,
  depth: BookDepth,
): Promise<BookView | null> {
  return parsed<BookView>(await redis.get(keys.book(symbol, depth)));
}

export type BookUpdatesRead =
  | { readonly kind: "updates"; readonly updates: readonly BookUpdate[] }
  /** Some after `since` are gone: start from `readBookView`. */
  | { readonly kind: "expired" };

/** Reads the book's diffs after number `since`, to go on from a view of that number. */
export async function readBookUpdates(
  redis: RedisClient,
  symbol: string,
  depth: BookDepth,
  since: number,
): Promise<BookUpdatesRead> {
  const key = keys.bookChanges(symbol, depth);
  const [top, entries] = await Promise.all([
    redis.xrevrange(key, "+", "-", "COUNT", 1).then((last) => seqOf(last[0])),
    redis.xrange(key, `${since + 1}-0`, "+"),
  ]);
  if (since !== top && seqOf(entries[0]) !== since + 1) return { kind: "expired" };
  return { kind: "updates", updates: entries.map((entry) => eventOf<BookUpdate>(entry)) };
}

const LAST_EVENT_STREAMS = {
  "price:update": "ticker",
  "feed:status": "status",
  "liquidity:held": "held-shown",
} as const;

/** The market's last `price:update`, `feed:status` or `liquidity:held`; `null` before the first. */
export async function lastEvent<N extends keyof typeof LAST_EVENT_STREAMS>(
  redis: RedisClient,
  symbol: string,
  name: N,
): Promise<EventOf<N>[1] | null> {
  return parsed(await redis.get(keys.marketLast(symbol, LAST_EVENT_STREAMS[name])));
}

/** The latest public trades, newest first. */
export async function readTape(
  redis: RedisClient,
  symbol: string,
  limit = 50,
): Promise<EventOf<"tape:trade">[1][]> {
  const count = Math.min(Math.max(limit, 1), PAGE_MAX);
  const entries = await redis.xrevrange(
    keys.marketEvents(symbol, "tape"),
    "+",
    "-",
    "COUNT",
    count,
  );
  return entries.map((entry) => eventOf(entry));
}

function eventOf<P>(entry: StreamEntry): P {
  return (JSON.parse(fieldsOf(entry).e!) as [string, P])[1];
}

function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
