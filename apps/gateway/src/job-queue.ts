import { JOB_QUEUE, type RedisClient } from "@mirrorbook/store";
import { Queue } from "bullmq";
import type { Logger } from "./logger.ts";

/** The queue that workers take from. `redis`: a connection of its own; it stays open. */
export function openJobQueue(redis: RedisClient, log: Logger): Queue {
  const { name, prefix } = JOB_QUEUE;
  const queue = new Queue(name, { connection: redis as never, prefix });
  queue.on("error", (err) => log.debug({ err }, "Trouble with the queue"));
  return queue;
}
