/**
 * The leader of the BullMQ case: `bullmq-worker.ts <redis port>`. A job is one order: the same exchange applies it, the
 * same script commits and publishes it, the answer is the job's return value. One worker, because orders of one book must
 * be matched in one place; many jobs at a time, so that commits of different jobs share round trips.
 *
 * The book is deep and stands still: what following a market costs is the leader's alone.
 */
import type { BookLevel } from "@mirrorbook/book";
import { Exchange } from "@mirrorbook/exchange";
import { invariant, type Lots, type Ticks } from "@mirrorbook/kernel";
import type { CommandBody } from "@mirrorbook/protocol";
import { connectRedis, RoomPackets, redisReady, UserWriter } from "@mirrorbook/store";
import { BTCUSDT_RULES, marketSpec } from "@mirrorbook/testkit/market-spec";
import { type Job, Worker } from "bullmq";
import { Redis } from "ioredis";
import { ORDERS_QUEUE, type OrderJob } from "./bullmq-job.ts";

/** Found best on the bench's machine among 1, 16, 64, 256, 1,024. */
const JOBS_AT_ONCE = 256;
const LEVELS = 1_000;
const LEVEL_LOTS = 1_000_000_000;
const BEST_ASK = 6_000_000;
const MARKET = marketSpec({ sizeDecimals: 6, rules: BTCUSDT_RULES });

const port = Number(process.argv[2]);
const exchange = new Exchange({
  startingBalance: "100000",
  makerFeeRate: "0.001",
  takerFeeRate: "0.001",
});
openMarket();
const redis = connectRedis({ kind: "server", url: `redis://127.0.0.1:${port}` }, "command");
await redisReady(redis, 5_000);
const writer = new UserWriter(redis, new RoomPackets(), 1);
const opened = new Map<string, Promise<void>>();
let commands = 0;

async function work({ data }: Job<OrderJob>): Promise<unknown> {
  const { userId, key, symbol, side, quantity } = data;
  const opening = opened.get(userId) ?? openAccount(userId);
  opened.set(userId, opening);
  await opening;
  return apply(userId, key, {
    type: "order:place",
    order: {
      account: "main",
      symbol,
      side,
      type: "market",
      quantity,
      quoteQuantity: null,
      price: null,
      stopPrice: null,
      trailingBps: null,
      timeInForce: "IOC",
      expireAtMs: null,
      postOnly: false,
    },
  });
}

async function openAccount(userId: string): Promise<void> {
  const [claimed] = await writer.claim([userId]);
  invariant(claimed?.kind === "claimed", "nobody else writes here");
  exchange.loadUser(claimed.user);
  await apply(userId, "open", { type: "account:open" });
}

async function apply(userId: string, key: string, body: CommandBody): Promise<unknown> {
  const atMs = Date.now();
  const id = `${atMs}-${commands++}`;
  const command = { id, userId, key, replyTo: "", requestId: 0, body };
  const outcome = exchange.apply({ kind: "command", command, atMs });
  for (const commit of outcome.commits) {
    const { kind } = await writer.commit(commit);
    invariant(kind === "committed", "nobody else writes here");
  }
  return outcome.answer;
}

function openMarket(): void {
  const { symbol } = MARKET;
  const side = (best: number, step: 1 | -1) =>
    Array.from(
      { length: LEVELS },
      (_, i): BookLevel => [(best + step * i) as Ticks, LEVEL_LOTS as Lots],
    );
  const snapshot = {
    symbol,
    lastUpdateId: 1,
    bids: side(BEST_ASK - 1, -1),
    asks: side(BEST_ASK, 1),
  };
  const atMs = Date.now();
  exchange.apply({ kind: "market", spec: MARKET, atMs });
  exchange.apply({ kind: "snapshot", snapshot, atMs });
  exchange.apply({ kind: "status", symbol, status: "live", reason: "bench", atMs });
}

const connection = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null });
const worker = new Worker<OrderJob>(ORDERS_QUEUE, work, { connection, concurrency: JOBS_AT_ONCE });
await worker.waitUntilReady();
process.send?.({ ready: true });
process.on("disconnect", () => process.exit(0));
