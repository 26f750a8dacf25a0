/** One look at the system under load. */
import {
  BOOK_CHANGES_MAX,
  keys,
  TAPE_EVENTS_MAX,
  USER_EVENTS_MAX,
  USER_JOURNAL_MAX,
  USER_ORDERS_MAX,
  USER_TRADES_MAX,
} from "@mirrorbook/store";
import type { RedisServer } from "@mirrorbook/testkit";
import { residentBytes } from "../../../bench/fanout/children.ts";
import type { Pids } from "../system.ts";

type Redis = ReturnType<RedisServer["client"]>;

const BYTES_PER_MB = 1024 * 1024;
const EVENT_LOOP_P99 = /^mirrorbook_gateway_event_loop_delay_seconds\{quantile="0.99"\} (\S+)$/m;
/** Trimmed behind the leader's cursor, which is saved once a second; far more than a second's commands here. */
const COMMANDS_KEPT_MAX = 5_000;
/** Redis trims a stream by whole nodes. */
const TRIM_SLACK = 200;

/** Resident memory by process, "gateways 1", … */
export function residentMb(pids: Pids): Record<string, number> {
  const each = Object.entries(pids).flatMap(([kind, ids]) =>
    ids.map((pid, index) => [`${kind} ${index + 1}`, residentBytes(pid) / BYTES_PER_MB]),
  );
  return Object.fromEntries(each);
}

/** 99 % of the turns of a gateway's event loop since it was last asked were delayed by less. */
export async function eventLoopP99Ms(gatewayUrl: string): Promise<number> {
  const text = await fetch(`${gatewayUrl}/metrics`).then((answer) => answer.text());
  const seconds = EVENT_LOOP_P99.exec(text)?.[1];
  if (seconds === undefined) throw new Error(`${gatewayUrl}/metrics does not tell the delay`);
  return Number(seconds) * 1_000;
}

export async function redisUsedMb(redis: Redis): Promise<number> {
  const info = await redis.info("memory");
  return Number(/^used_memory:(\d+)/m.exec(info)![1]) / BYTES_PER_MB;
}

export interface StreamLength {
  readonly name: string;
  readonly length: number;
  readonly bound: number;
}

/** The longest stream of each kind, beside what it may grow to. */
export async function streamLengths(
  redis: Redis,
  symbols: readonly string[],
  userIds: readonly string[],
): Promise<StreamLength[]> {
  const longest = async (name: string, max: number, streams: readonly string[]) => {
    const lengths = await Promise.all(streams.map((key) => redis.xlen(key)));
    return { name, length: Math.max(...lengths), bound: max + TRIM_SLACK };
  };
  return Promise.all([
    longest("commands", COMMANDS_KEPT_MAX, [keys.commands]),
    longest("user events", USER_EVENTS_MAX, userIds.map(keys.userEvents)),
    longest("user orders", USER_ORDERS_MAX, userIds.map(keys.userOrders)),
    longest("user trades", USER_TRADES_MAX, userIds.map(keys.userTrades)),
    longest("user journal", USER_JOURNAL_MAX, userIds.map(keys.userJournal)),
    longest(
      "book changes",
      BOOK_CHANGES_MAX,
      symbols.map((symbol) => keys.bookChanges(symbol, 20)),
    ),
    longest(
      "tape",
      TAPE_EVENTS_MAX,
      symbols.map((symbol) => keys.marketEvents(symbol, "tape")),
    ),
  ]);
}
