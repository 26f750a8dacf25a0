import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { forgetUser, keys, type RedisClient, sightUser, UserWriter } from "../src/index.ts";
import { outcome, startStore } from "./support.ts";

let store: Awaited<ReturnType<typeof startStore>>;
let redis: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());

test("what changed since it was looked at is not forgotten", async () => {
  const writer = new UserWriter(redis, store.packets, 1);
  await writer.claim(["alice"]);
  await writer.commit(outcome({ userId: "alice", version: 0 }));
  const seen = await sightUser(redis, "alice");
  await writer.commit(outcome({ userId: "alice", version: 1 }));
  expect(await forgetUser(redis, "alice", seen)).toBe(false);
  const claimed = await sightUser(redis, "alice");
  await new UserWriter(redis, store.packets, 2).claim(["alice"]);
  expect(await forgetUser(redis, "alice", claimed)).toBe(false);
  expect(await redis.hget(keys.userState("alice"), "version")).toBe("2");
});

test("whoever wrote a user before it was forgotten cannot bring it back", async () => {
  const writer = new UserWriter(redis, store.packets, 3);
  await writer.claim(["bob"]);
  await writer.commit(outcome({ userId: "bob", version: 0 }));
  expect(await forgetUser(redis, "bob", await sightUser(redis, "bob"))).toBe(true);
  expect(await redis.keys("user:{bob}*")).toEqual([]);
  const late = await writer.commit(outcome({ userId: "bob", version: 1 }));
  expect(late).toMatchObject({ kind: "refused" });
  expect(await redis.keys("user:{bob}*")).toEqual([]);

  const next = new UserWriter(redis, store.packets, 4);
  expect(await next.claim(["bob"])).toMatchObject([{ kind: "claimed", user: { version: 0 } }]);
  expect(await next.commit(outcome({ userId: "bob", version: 0 }))).toEqual({ kind: "committed" });
});
