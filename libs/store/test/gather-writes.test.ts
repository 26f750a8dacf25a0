import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Redis } from "ioredis";
import { startStore } from "./support.ts";

let store: Awaited<ReturnType<typeof startStore>>;

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store[Symbol.asyncDispose]());

/** A connection, and what was handed to its socket: one element per write of the kernel. */
async function recorded(): Promise<{ redis: Redis; writes: number[] }> {
  const redis = (await store.connect()) as Redis;
  await redis.ping();
  const writes: number[] = [];
  const { stream } = redis as unknown as { stream: Writing };
  for (const method of ["_write", "_writev"] as const) {
    const stock = stream[method].bind(stream);
    stream[method] = (...parts: unknown[]) => {
      writes.push(Array.isArray(parts[0]) ? parts[0].length : 1);
      return stock(...parts);
    };
  }
  return { redis, writes };
}
type Writing = Record<"_write" | "_writev", (...parts: unknown[]) => unknown>;

test("commands of one turn leave in one write, in order, also those that follow from a promise", async () => {
  const { redis, writes } = await recorded();
  const answers = [redis.incr("n"), redis.incr("n")];
  await Promise.resolve();
  answers.push(redis.incr("n"));
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  expect(writes).toEqual([3]);
});

// Auto-pipelining sends the second only when the first has been answered.
test("a batch does not wait for the answer of the one before it", async () => {
  const { redis, writes } = await recorded();
  store.server.pause();
  const answers = [redis.incr("m")];
  await turn();
  await turn();
  answers.push(redis.incr("m"));
  await turn();
  await turn();
  expect(writes).toEqual([1, 1]);
  store.server.resume();
  expect(await Promise.all(answers)).toEqual([1, 2]);
});

// A bench process ended with "results[i] is not iterable": its loop had stalled for longer than the command time-out.
test("commands that time out all at once, while the loop stalls, fail one by one and end nothing", async () => {
  const { redis } = await recorded();
  store.server.pause();
  const early = [redis.incr("x"), redis.incr("y")];
  await turn();
  await turn();
  const late = [redis.incr("x"), redis.incr("y")];
  const until = performance.now() + 1_700;
  while (performance.now() < until);
  const outcomes = await Promise.allSettled([...early, ...late]);
  store.server.resume();
  expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
  expect(await redis.incr("z")).toBe(1);
});
