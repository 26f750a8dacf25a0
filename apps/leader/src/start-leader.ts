/** Puts a leader together: Redis, the feed, the shell, and a small HTTP server that shows how it is. */
import { type FeedOptions, startFeed } from "@mirrorbook/binance";
import { startHealthServer } from "@mirrorbook/process";
import { redisConfig } from "@mirrorbook/store";
import { startTracing } from "@mirrorbook/tracing";
import type { Logger } from "pino";
import type { LeaderConfig } from "./config.ts";
import { Leader } from "./leader.ts";
import { LeaderMetrics } from "./metrics.ts";
import type { StartFeed } from "./ports.ts";
import { RedisLeaderStore } from "./redis-store.ts";
import { systemTime } from "./system-time.ts";

export interface LeaderDeps {
  readonly config: LeaderConfig;
  readonly log: Logger;
  /** Called once, when a bug was met: the process must end so that a replica takes over. */
  readonly onFatal: (error: unknown) => void;
  /** In place of Binance, for tests. */
  readonly startFeed?: StartFeed;
}

export interface RunningLeader {
  readonly leader: Leader;
  readonly healthPort: number;
  /** Hands over and closes everything. */
  stop(): Promise<void>;
}

/** Starts a leader; it leads as soon as its books are there and nobody else does. */
export async function startLeader(deps: LeaderDeps): Promise<RunningLeader> {
  const { config, log, onFatal } = deps;
  const metrics = new LeaderMetrics();
  const tracing = await startTracing(config, { app: "leader", node: config.NODE_ID });
  const store = new RedisLeaderStore({
    redis: redisConfig(config),
    node: config.NODE_ID,
    leaseTtlMs: config.LEASE_TTL_MS,
    onError: (error) => log.debug({ err: error }, "Trouble on a Redis connection"),
  });
  const leader = new Leader({
    store,
    startFeed: deps.startFeed ?? ((onEvent) => startFeed(feedOptions(config), onEvent)),
    symbols: config.SYMBOLS,
    exchange: {
      startingBalance: config.STARTING_BALANCE,
      makerFeeRate: config.MAKER_FEE_RATE,
      takerFeeRate: config.TAKER_FEE_RATE,
    },
    source: config.MARKET,
    time: systemTime,
    log,
    metrics,
    tracing,
    onFatal,
  });
  metrics.observe(() => leader.statuses);
  const server = await startHealthServer({
    port: config.HEALTH_PORT,
    host: config.HEALTH_HOST,
    registry: metrics.registry,
    health: () => healthOf(config, leader, store),
  });
  leader.start();
  const stop = async () => {
    await leader.stop();
    store.close();
    await server.close();
    await tracing?.close();
  };
  return { leader, healthPort: server.port, stop };
}

function feedOptions(config: LeaderConfig): Pick<FeedOptions, "symbols"> & Partial<FeedOptions> {
  return {
    symbols: config.SYMBOLS,
    httpBase: config.BINANCE_REST_URL,
    wsBase: config.BINANCE_WS_URL,
    staleAfterMs: config.FEED_STALE_AFTER_MS,
    staleAfterMsBySymbol: config.FEED_STALE_AFTER_MS_BY_SYMBOL,
  };
}

function healthOf(config: LeaderConfig, leader: Leader, store: RedisLeaderStore): object {
  return {
    status: "ok",
    node: config.NODE_ID,
    role: leader.role,
    epoch: leader.epoch,
    redis: store.connected ? "connected" : "away",
    feed: leader.statuses,
  };
}
