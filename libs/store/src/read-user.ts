/** What gateways read of a user. All of it works on any `command` connection. */
import {
  type Order,
  type Posting,
  readUserState as parseUserState,
  type Trade,
  type UserEvent,
  type UserState,
} from "@mirrorbook/protocol";
import { keys, STORE_FIELDS } from "./keys.ts";
import { EVENTS_PAGE_MAX, PAGE_MAX, USER_EVENTS_MAX } from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import { itemsOf, type StreamEntry, seqOf } from "./stream-entries.ts";

/** What `welcome` says of `resume`. Events older than `ms` may be gone even if fewer than `events` are kept. */
export const USER_EVENTS_RETENTION = {
  events: USER_EVENTS_MAX,
  ms: 7 * 24 * 3_600_000,
} as const;

export type EventsRead =
  /** `events` follow `since` without a hole; when `lastSeq` is further on, ask again from the last one. */
  | { readonly kind: "events"; readonly events: readonly UserEvent[]; readonly lastSeq: number }
  /** Events after `since` are no longer kept, or `since` was never reached: the client must reload. */
  | { readonly kind: "expired"; readonly lastSeq: number };

/** Reads a user's public state; `null` when the user has never sent a command that was applied. */
export async function readUserState(redis: RedisClient, userId: string): Promise<UserState | null> {
  const fields = await redis.hgetall(keys.userState(userId));
  if (fields.version === undefined) return null;
  const seq = Number(fields.seq ?? 0);
  for (const field of STORE_FIELDS) delete fields[field];
  return { ...parseUserState(fields), seq };
}

/** Number of the last event of each user, 0 where there is none, in the order asked; one round trip. */
export async function lastSeqs(
  redis: RedisClient,
  userIds: readonly string[],
): Promise<readonly number[]> {
  const seqs = await Promise.all(userIds.map((id) => redis.hget(keys.userState(id), "seq")));
  return seqs.map((seq) => Number(seq ?? 0));
}

/** Reads the events after number `since`, oldest first, at most `limit` of them. */
export async function readEvents(
  redis: RedisClient,
  userId: string,
  since: number,
  limit: number = EVENTS_PAGE_MAX,
): Promise<EventsRead> {
  const key = keys.userEvents(userId);
  const count = Math.min(limit, EVENTS_PAGE_MAX);
  // Sent in this order on one connection: what is appended between the two reads is in neither, and arrives live.
  const [lastSeq, entries] = await Promise.all([
    redis.xrevrange(key, "+", "-", "COUNT", 1).then((top) => seqOf(top[0])),
    redis.xrange(key, `${since + 1}-0`, "+", "COUNT", count),
  ]);
  if (since > lastSeq) return { kind: "expired", lastSeq };
  const kept = (entries as StreamEntry[]).flatMap((entry) => itemsOf<UserEvent>(entry));
  // The first entry may begin before what was asked for: a commit's events are kept together.
  const events = kept.filter(([, { seq }]) => seq > since).slice(0, count);
  const complete = since === lastSeq || events[0]?.[1].seq === since + 1;
  return complete ? { kind: "events", events, lastSeq } : { kind: "expired", lastSeq };
}

export interface HistoryItems {
  readonly orders: Order;
  readonly trades: Trade;
  readonly journal: Posting;
}

export interface Page<T> {
  /** Newest first. */
  readonly items: readonly T[];
  /** Where the next page starts; `null` at the end. */
  readonly nextCursor: string | null;
}

const HISTORY_KEYS = {
  orders: keys.userOrders,
  trades: keys.userTrades,
  journal: keys.userJournal,
} as const;

const CURSOR = /^\d{1,16}-\d{1,9}$/;

/** True for what `readHistory` gave as a cursor; anything else a client sends is a bad request. */
export function isHistoryCursor(text: string): boolean {
  return CURSOR.test(text);
}

/**
 * Reads one page of closed orders, trades or postings, newest first, from before `cursor`: `<version>-<n>` is the n-th
 * item of a commit.
 */
export async function readHistory<K extends keyof HistoryItems>(
  redis: RedisClient,
  userId: string,
  kind: K,
  { cursor = null, limit = 100 }: { cursor?: string | null; limit?: number } = {},
): Promise<Page<HistoryItems[K]>> {
  const count = Math.min(Math.max(limit, 1), PAGE_MAX);
  const [version, before] = (cursor ?? "+-0").split("-") as [string, string];
  // The cursor's own commit may have items before it, or none; one more than fit tells whether there is a next page.
  const from = version === "+" ? "+" : `${version}-0`;
  const entries = await redis.xrevrange(HISTORY_KEYS[kind](userId), from, "-", "COUNT", count + 2);
  const items: { readonly cursor: string; readonly item: HistoryItems[K] }[] = [];
  for (const [id, fields] of entries) {
    const committed = itemsOf<HistoryItems[K]>([id, fields]);
    const at = id.slice(0, id.indexOf("-"));
    const end = at === version ? Math.min(Number(before) - 1, committed.length) : committed.length;
    for (let n = end; n >= 1; n--) items.push({ cursor: `${at}-${n}`, item: committed[n - 1]! });
    if (items.length > count) break;
  }
  const page = items.slice(0, count);
  const nextCursor = items.length > count ? page.at(-1)!.cursor : null;
  return { items: page.map(({ item }) => item), nextCursor };
}

/** Finds an order, open or closed; `null` when it is in neither (or older than the history kept). */
export async function findOrder(
  redis: RedisClient,
  userId: string,
  matches: (order: Order) => boolean,
): Promise<Order | null> {
  const open = (await readUserState(redis, userId))?.openOrders.find(matches);
  if (open !== undefined) return open;
  let cursor: string | null = null;
  do {
    const page: Page<Order> = await readHistory(redis, userId, "orders", {
      cursor,
      limit: PAGE_MAX,
    });
    const found = page.items.find(matches);
    if (found !== undefined) return found;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return null;
}
