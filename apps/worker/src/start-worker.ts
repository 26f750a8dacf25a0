/** Puts a worker together: Redis, the desk its commands go through, the rooms' work, the queue, health and metrics. */
import { systemClock } from "@mirrorbook/kernel";
import { startHealthServer } from "@mirrorbook/process";
import {
  CommandDesk,
  closeRedis,
  connectRedis,
  RoomPackets,
  redisConfig,
  redisReady,
} from "@mirrorbook/store";
import type { Logger } from "pino";
import type { WorkerConfig } from "./config.ts";
import { Jobs } from "./jobs.ts";
import { WorkerMetrics } from "./metrics.ts";
import { forgetOld } from "./retention.ts";
import { RoomsWork } from "./rooms-work.ts";
import { drawUpStatement } from "./statement-work.ts";

const REDIS_READY_WITHIN_MS = 10_000;

export interface RunningWorker extends AsyncDisposable {
  readonly healthPort: number;
  stop(): Promise<void>;
}

/** Starts a worker. @throws when Redis cannot be reached. */
export async function startWorker(config: WorkerConfig, log: Logger): Promise<RunningWorker> {
  const where = redisConfig(config);
  const onError = (err: Error) => log.debug({ err }, "Trouble on a Redis connection");
  const connect = (role: "command" | "subscriber" | "jobs") =>
    connectRedis(where, role, { name: `${config.NODE_ID}:${role}`, onError });
  const [redis, subscriber] = [connect("command"), connect("subscriber")];
  // Bulk reads and rankings wait for Redis instead of failing fast: all of it is fenced or harmless to repeat. On a
  // `command` connection, replies later than its time-out upset ioredis' automatic pipelines (6.0.0).
  const [bulk, connection] = [connect("jobs"), connect("jobs")];
  const clients = [redis, subscriber, bulk, connection];
  await Promise.all(clients.map((client) => redisReady(client, REDIS_READY_WITHIN_MS)));

  const desk = await CommandDesk.open({ redis, subscriber, node: config.NODE_ID });
  const packets = new RoomPackets();
  const metrics = new WorkerMetrics();
  const work = new RoomsWork({
    redis: bulk,
    packets,
    desk,
    clock: systemClock,
    onTick: (result, tookMs) => metrics.onTick(result, tookMs),
    log,
  });
  const jobs = new Jobs({
    connection,
    work,
    forgetOld: async () => {
      const rules = { roomsKeptMs: config.ROOMS_KEPT_MS, guestsKeptMs: config.GUESTS_KEPT_MS };
      metrics.onForgotten(await forgetOld(bulk, rules, systemClock.nowMs()));
    },
    drawUpStatement: (job) => drawUpStatement(bulk, job),
    retentionEveryMs: config.RETENTION_EVERY_MS,
    tickEveryMs: config.LEADERBOARD_EVERY_MS,
    reconcileEveryMs: config.RECONCILE_EVERY_MS,
    clock: systemClock,
    onJob: (job, outcome, tookMs) => metrics.onJob(job, outcome, tookMs),
    log,
  });
  metrics.observe({ jobCounts: () => jobs.counts(), boards: () => work.boards });
  await jobs.start();
  const server = await startHealthServer({
    port: config.HEALTH_PORT,
    host: config.HEALTH_HOST,
    registry: metrics.registry,
    health: () => ({
      status: "ok",
      node: config.NODE_ID,
      redis: redis.status === "ready" ? "connected" : "away",
    }),
  });
  const stop = async () => {
    await jobs.close();
    await desk.close();
    await server.close();
    for (const client of clients) closeRedis(client);
  };
  return { healthPort: server.port, stop, [Symbol.asyncDispose]: stop };
}
