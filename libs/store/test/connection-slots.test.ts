import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "@mirrorbook/testkit";
import { keys, PublishedSlots, type RedisClient } from "../src/index.ts";
import { startStore, type TestStore } from "./support.ts";

const LONG_MS = 60_000;
let store: TestStore;
let redis: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());

async function node(name: string, leaseMs = LONG_MS): Promise<PublishedSlots> {
  const slots = new PublishedSlots(redis, name, leaseMs);
  await slots.publish([]);
  return slots;
}

test("a key has only so many slots on all nodes together, and two nodes never take the last one both", async () => {
  const [one, two] = [await node("race-1"), await node("race-2")];
  const take = (slots: PublishedSlots, count: number) =>
    slots.take([{ key: "user:race", count, max: 5 }]);
  expect(await take(one, 3)).toEqual({ kind: "taken" });
  const race = await Promise.all([take(two, 1), take(one, 4), take(two, 2), take(one, 5)]);
  expect(race.map(({ kind }) => kind)).toEqual(["taken", "taken", "full", "full"]);
});

test("of several keys all are taken or none", async () => {
  const slots = await node("both");
  const address = { key: "address:a", count: 1, max: 10 };
  const full = await slots.take([address, { key: "user:b", count: 2, max: 1 }]);
  expect(full).toEqual({ kind: "full", key: "user:b" });
  expect(await redis.hgetall(keys.connectionsOf("both"))).toEqual({ "#": "1" });
});

test("what is released can be taken elsewhere, and a key without connections leaves no field", async () => {
  const [one, two] = [await node("left-1"), await node("left-2")];
  const wanted = { key: "user:left", count: 1, max: 1 };
  expect(await one.take([wanted])).toEqual({ kind: "taken" });
  expect(await two.take([wanted])).toEqual({ kind: "full", key: "user:left" });
  await one.release([{ key: "user:left", count: 0 }]);
  expect(await two.take([wanted])).toEqual({ kind: "taken" });
  expect(await redis.hgetall(keys.connectionsOf("left-1"))).toEqual({ "#": "1" });
});

test("a node that does not renew loses its slots to others, and must publish what it still has", async () => {
  const silent = await node("silent", 1_000);
  const other = await node("other");
  const wanted = { key: "user:silent", count: 1, max: 1 };
  expect(await silent.take([wanted])).toEqual({ kind: "taken" });
  expect(await other.take([wanted])).toEqual({ kind: "full", key: "user:silent" });
  await eventually(async () => expect(await other.take([wanted])).toEqual({ kind: "taken" }));
  expect(await silent.renew()).toBe(false);
  expect(await silent.take([{ key: "user:new", count: 1, max: 1 }])).toEqual({ kind: "unleased" });
  await silent.publish([{ key: "user:silent", count: 1 }]);
  expect(await silent.renew()).toBe(true);
  expect(await other.take([{ ...wanted, count: 2, max: 2 }])).toMatchObject({ kind: "full" });
});

test("a node that starts again under its name begins with nothing, and one that leaves is forgotten", async () => {
  const before = await node("again");
  await before.take([{ key: "user:again", count: 3, max: 3 }]);
  const after = await node("again");
  const other = await node("beside");
  expect(await other.take([{ key: "user:again", count: 3, max: 3 }])).toEqual({ kind: "taken" });
  await after.withdraw();
  expect(await redis.exists(keys.connectionsOf("again"))).toBe(0);
});

test("nodes that are gone are forgotten by those that renew", async () => {
  await node("gone", 50);
  const stays = await node("stays");
  await eventually(async () => {
    await stays.renew();
    expect(await redis.zrange(keys.connections, "0", "-1")).not.toContain("gone");
  });
  expect(await redis.zrange(keys.connections, "0", "-1")).toContain("stays");
});
