/** Reads what Redis holds, by the names of its keys alone. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisServer } from "@mirrorbook/testkit";
import type { FeedWord, LogEntry, StoredUser } from "./evidence.ts";

type Redis = ReturnType<RedisServer["client"]>;

const PAGE = 1_000;
const FEED_LOOK_EVERY_MS = 1_000;

export async function readStoredUser(redis: Redis, userId: string): Promise<StoredUser> {
  const key = (part: string) => `user:{${userId}}:${part}`;
  const [state, events, orders, trades, journal] = await Promise.all([
    redis.hgetall(key("state")),
    readCommits(redis, key("events"), (seq, n, count) => `${seq - count + n}-0`),
    readCommits(redis, key("orders"), idInCommit),
    readCommits(redis, key("trades"), idInCommit),
    readCommits(redis, key("journal"), idInCommit),
  ]);
  return { userId, state, events, orders, trades, journal };
}

/** Numbers of the users' last events. */
export async function readLastSeqs(redis: Redis, userIds: readonly string[]): Promise<number[]> {
  const seqs = await Promise.all(userIds.map((id) => redis.hget(`user:{${id}}:state`, "seq")));
  return seqs.map((seq) => Number(seq ?? 0));
}

/** Follows the leaders' words on the markets: Redis keeps only the latest. */
export class FeedLog implements AsyncDisposable {
  readonly words: FeedWord[] = [];
  readonly #redis: Redis;
  readonly #symbols: readonly string[];
  readonly #lastIds = new Map<string, string>();
  readonly #running: Promise<void>;
  #closed = false;

  constructor(redis: Redis, symbols: readonly string[]) {
    this.#redis = redis;
    this.#symbols = symbols;
    this.#running = this.#follow();
  }

  /** Reads what was said since. @throws when Redis does not answer. */
  async read(): Promise<void> {
    for (const symbol of this.#symbols) {
      const from = this.#lastIds.get(symbol);
      const key = `market:{${symbol}}:status:events`;
      const entries = await this.#redis.xrange(key, from === undefined ? "-" : `(${from}`, "+");
      for (const [id, fields] of entries) {
        const [, { seq, status, timestamp }] = JSON.parse(fields[1]!);
        this.words.push({ symbol, seq, status, timestamp });
        this.#lastIds.set(symbol, id);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      await this.read().catch(() => {}); // Redis may be away: it is read again.
      await sleep(FEED_LOOK_EVERY_MS);
    }
  }
}

const idInCommit = (version: number, n: number) => `${version}-${n}`;

/** Reads a stream of commits, each an array of items, and names each item by its commit's number and its own place. */
async function readCommits(
  redis: Redis,
  key: string,
  idOf: (number: number, n: number, count: number) => string,
): Promise<LogEntry[]> {
  const all: LogEntry[] = [];
  for (let from = "-"; ; ) {
    const page = await redis.xrange(key, from, "+", "COUNT", PAGE);
    for (const [id, fields] of page) {
      const items = JSON.parse(fields[1]!) as unknown[];
      const number = Number(id.slice(0, id.indexOf("-")));
      for (const [i, item] of items.entries()) {
        all.push([idOf(number, i + 1, items.length), JSON.stringify(item)]);
      }
    }
    if (page.length < PAGE) return all;
    from = `(${page.at(-1)![0]}`;
  }
}
