import {
  closeRedis,
  connectRedis,
  type RedisClient,
  redisConfig,
  redisReady,
} from "@mirrorbook/store";
import type { GatewayConfig } from "./config.ts";
import type { Logger } from "./logger.ts";

const READY_WITHIN_MS = 10_000;

/** The gateway's connections to Redis, by what travels on them. */
export interface RedisLinks extends Disposable {
  /** Reads, commands, rate limits. */
  readonly redis: RedisClient;
  /** What the adapter receives: rooms and heartbeats. Nothing else, so its silence means something. */
  readonly events: RedisClient;
  /** Answers to commands, and revocations. */
  readonly answers: RedisClient;
  /** The queue of scheduled work. */
  readonly jobs: RedisClient;
}

/** @throws {Error} when Redis cannot be reached. */
export async function openRedisLinks(config: GatewayConfig, log: Logger): Promise<RedisLinks> {
  const where = redisConfig(config);
  const connect = (role: "command" | "subscriber", use: string) =>
    connectRedis(where, role, {
      name: `${config.NODE_ID}:${use}`,
      onError: (error) => log.debug({ err: error, use }, "Redis connection trouble"),
    });
  const links = {
    redis: connect("command", "reads"),
    events: connect("subscriber", "events"),
    answers: connect("subscriber", "answers"),
    jobs: connect("command", "jobs"),
  };
  const close = () => Object.values(links).forEach(closeRedis);
  try {
    await Promise.all(Object.values(links).map((link) => redisReady(link, READY_WITHIN_MS)));
  } catch (error) {
    close();
    throw error;
  }
  return { ...links, [Symbol.dispose]: close };
}
