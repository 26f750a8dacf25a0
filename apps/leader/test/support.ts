/** A market that the test moves by hand, and leaders in this process on a real Redis. */
import { expect } from "@jest/globals";
import type { FeedEvent, FeedStatus } from "@mirrorbook/binance";
import type { BookLevel } from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { StreamCommandBody } from "@mirrorbook/protocol";
import {
  type AnswerTo,
  CommandDesk,
  closeRedis,
  connectRedis,
  type RedisClient,
  type RedisConfig,
  redisReady,
} from "@mirrorbook/store";
import {
  eventually,
  type RedisServer,
  startRedis,
  startTcpProxy,
  type TcpProxy,
} from "@mirrorbook/testkit";
import { pino } from "pino";
import { readConfig } from "../src/config.ts";
import type { Feed } from "../src/ports.ts";
import { type RunningLeader, startLeader } from "../src/start-leader.ts";
import { BTC } from "./fixtures.ts";

type Levels = readonly (readonly [price: number, size: number])[];
const levels = (side: Levels) =>
  side.map(([price, size]) => [price as Ticks, size as Lots] as BookLevel);

/** Tells every leader the same, like Binance would; who comes later starts from a snapshot. */
export class HandFeed {
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #updateId = 1;
  #status: FeedStatus = "live";

  constructor(bids: Levels, asks: Levels) {
    for (const [price, size] of bids) this.#bids.set(price, size);
    for (const [price, size] of asks) this.#asks.set(price, size);
  }

  readonly start = (onEvent: (event: FeedEvent) => void): Feed => {
    queueMicrotask(() => {
      this.#listeners.add(onEvent);
      onEvent({ kind: "market", spec: BTC });
      onEvent(this.#snapshot());
      onEvent(this.#statusEvent("synced"));
    });
    return { stop: () => this.#listeners.delete(onEvent) };
  };

  status(status: FeedStatus, reason = "by hand"): void {
    this.#status = status;
    this.#tell(this.#statusEvent(reason));
  }

  depth(bids: Levels, asks: Levels): void {
    for (const [price, size] of bids) setLevel(this.#bids, price, size);
    for (const [price, size] of asks) setLevel(this.#asks, price, size);
    const id = ++this.#updateId;
    const event = {
      symbol: BTC.symbol,
      firstUpdateId: id,
      finalUpdateId: id,
      exchangeTimeMs: Date.now(),
      bids: levels(bids),
      asks: levels(asks),
    };
    this.#tell({ kind: "depth", event, receivedAtMs: Date.now() });
  }

  trade(price: number, size: number, buyerIsMaker: boolean): void {
    const trade = {
      symbol: BTC.symbol,
      tradeId: ++this.#updateId,
      price: price as Ticks,
      size: size as Lots,
      buyerIsMaker,
      tradeTimeMs: Date.now(),
    };
    this.#tell({ kind: "trade", trade, receivedAtMs: Date.now() });
  }

  #tell(event: FeedEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #snapshot(): FeedEvent {
    const sorted = (side: Map<number, number>, sign: number) =>
      levels([...side].sort(([a], [b]) => sign * (a - b)));
    const snapshot = {
      symbol: BTC.symbol,
      lastUpdateId: this.#updateId,
      bids: sorted(this.#bids, -1),
      asks: sorted(this.#asks, 1),
    };
    return { kind: "snapshot", snapshot, receivedAtMs: Date.now() };
  }

  #statusEvent(reason: string): FeedEvent {
    return { kind: "status", symbol: BTC.symbol, status: this.#status, reason };
  }
}

function setLevel(side: Map<number, number>, price: number, size: number): void {
  if (size === 0) side.delete(price);
  else side.set(price, size);
}

export type TestLeader = RunningLeader & { readonly wire: TcpProxy };

/** Redis, a market, and any number of leaders. */
export class TestExchange implements AsyncDisposable {
  readonly server: RedisServer;
  readonly config: RedisConfig;
  readonly feed: HandFeed;
  readonly redis: RedisClient;
  readonly desk: CommandDesk;
  readonly faults: unknown[] = [];
  readonly #subscriber: RedisClient;
  readonly #leaders = new Set<TestLeader>();
  #started = 0;

  private constructor(
    server: RedisServer,
    feed: HandFeed,
    clients: { redis: RedisClient; subscriber: RedisClient; desk: CommandDesk },
  ) {
    this.server = server;
    this.config = { kind: "server", url: server.url };
    this.feed = feed;
    this.redis = clients.redis;
    this.#subscriber = clients.subscriber;
    this.desk = clients.desk;
  }

  static async start(feed: HandFeed): Promise<TestExchange> {
    const server = await startRedis({ appendOnly: true });
    const config = { kind: "server", url: server.url } as const;
    const redis = connectRedis(config, "command");
    const subscriber = connectRedis(config, "subscriber");
    await Promise.all([redisReady(redis, 5_000), redisReady(subscriber, 5_000)]);
    const desk = await CommandDesk.open({ redis, subscriber, node: "gateway-1" });
    return new TestExchange(server, feed, { redis, subscriber, desk });
  }

  /** Starts a leader; the first one leads, the others stand by. Its wire to Redis can be cut. */
  async leader(): Promise<TestLeader> {
    const wire = await startTcpProxy(this.server.port);
    const config = readConfig({
      REDIS_URL: `redis://127.0.0.1:${wire.port}`,
      NODE_ID: `leader-${++this.#started}`,
      HEALTH_PORT: "0",
      HEALTH_HOST: "127.0.0.1",
      SYMBOLS: BTC.symbol,
      MARKET: "simulated",
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? "silent",
    });
    const running = await startLeader({
      config,
      log: pino({ level: config.LOG_LEVEL, base: { node: config.NODE_ID } }),
      onFatal: (error) => this.faults.push(error),
      startFeed: this.feed.start,
    });
    const leader = Object.assign(running, { wire });
    this.#leaders.add(leader);
    return leader;
  }

  /** Starts `count` leaders and gives the one that leads first. */
  async leaders(count: number): Promise<TestLeader[]> {
    const first = await this.leader();
    await eventually(() => expect(first.leader.role).toBe("active"));
    const others = await Promise.all(Array.from({ length: count - 1 }, () => this.leader()));
    return [first, ...others];
  }

  /** As a client does: asks again with the same key until it knows the outcome. */
  async submit<B extends StreamCommandBody>(
    userId: string,
    key: string,
    body: B,
  ): Promise<AnswerTo<B>> {
    return eventually(() => this.desk.submit(userId, key, body), { withinMs: 20_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { wire } of this.#leaders) wire.restore();
    await Promise.all([...this.#leaders].map((leader) => leader.stop()));
    await Promise.all([...this.#leaders].map(({ wire }) => wire[Symbol.asyncDispose]()));
    await this.desk.close();
    closeRedis(this.redis);
    closeRedis(this.#subscriber);
    await this.server[Symbol.asyncDispose]();
  }
}
