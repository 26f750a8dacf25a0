import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { eventually } from "@mirrorbook/testkit";
import { keys, Lease, type RedisClient, readLeaseHolder } from "../src/index.ts";
import { startStore, type TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.flushall();
});

/** A clock that moves when the test says so. */
function handClock(): { nowMs(): number; monotonicMs(): number; atMs: number } {
  const clock = { atMs: 0, nowMs: () => clock.atMs, monotonicMs: () => clock.atMs };
  return clock;
}

async function acquired(node: string, options: { ttlMs?: number } = {}): Promise<Lease> {
  const lease = await Lease.acquire(redis, { node, ...options });
  if (lease === null) throw new Error("the lease is another's");
  return lease;
}

async function serverTimeMs(): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

test("one holds the lease, the other waits until it is given back", async () => {
  const first = await acquired("a");
  expect(await Lease.acquire(redis, { node: "b" })).toBeNull();
  expect(await readLeaseHolder(redis)).toEqual({ node: "a", epoch: first.epoch });
  await first.release();
  expect(first.held()).toBe(false);
  const second = await acquired("b");
  expect(second.epoch).toBeGreaterThan(first.epoch);
});

test("a lease that is not renewed runs out", async () => {
  const first = await acquired("a", { ttlMs: 100 });
  const second = await eventually(() => acquired("b"));
  expect(first.held()).toBe(false);
  expect(await first.renew()).toBe(false);
  expect(second.held()).toBe(true);
});

test("the holder stops by its own clock before the key can be gone", async () => {
  const clock = handClock();
  const lease = (await Lease.acquire(redis, { node: "a", ttlMs: 2_000, clock }))!;
  clock.atMs = 1_799;
  expect(lease.held()).toBe(true);
  clock.atMs = 1_800;
  expect(lease.held()).toBe(false);
  expect(await redis.exists(keys.lease)).toBe(1);
  expect(await lease.renew()).toBe(true);
  expect(lease.held()).toBe(true);
});

test("a lost lease stays lost, and its release does not touch the next holder's", async () => {
  const lost = await acquired("a");
  await redis.del(keys.lease);
  const next = await acquired("b");
  expect(await lost.renew()).toBe(false);
  await lost.release();
  expect(await readLeaseHolder(redis)).toEqual({ node: "b", epoch: next.epoch });
});

test("epochs grow even when Redis has lost the last one", async () => {
  const before = await acquired("a");
  await redis.flushall();
  await eventually(async () => expect(await serverTimeMs()).toBeGreaterThan(before.epoch));
  const after = await acquired("a");
  expect(after.epoch).toBeGreaterThan(before.epoch);
});
