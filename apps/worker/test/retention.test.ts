import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type RoomCore, RoomRules, roomField, stateField } from "@mirrorbook/protocol";
import { closeRedis, connectRedis, keys, type RedisClient } from "@mirrorbook/store";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import { forgetOld } from "../src/retention.ts";

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.UTC(2026, 6, 1);
const RULES = { roomsKeptMs: 90 * DAY_MS, guestsKeptMs: 30 * DAY_MS };
const guest = (digit: string) => `g-${digit.repeat(20)}`;
let server: RedisServer;
let redis: RedisClient;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ kind: "server", url: server.url }, "jobs");
});
afterAll(async () => {
  closeRedis(redis);
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await redis.flushall();
});

const daysAgo = (days: number) => NOW_MS - days * DAY_MS;

/** A room as it is stored, with something under each of its keys. */
async function room(id: string, core: Partial<RoomCore>): Promise<void> {
  const rules = RoomRules.parse({ name: id, markets: ["BTCUSDT"] });
  const stored = {
    id,
    rules,
    status: "ended",
    createdAtMs: daysAgo(200),
    endedAtMs: null,
    ...core,
  };
  await redis.zadd(keys.rooms, stored.createdAtMs, id);
  const fields = [roomField.core, JSON.stringify(stored), roomField.status, stored.status];
  await redis.hset(keys.roomState(id), ...fields, "version", "3", "commit", "1.r3");
  for (const stream of [keys.roomEvents, keys.roomChanges, keys.roomBoardEvents]) {
    await redis.xadd(stream(id), "1-0", "e", "{}");
  }
  await redis.zadd(keys.roomRanks(id), 1, "alice");
  for (const hash of [keys.roomRows, keys.roomCurves, keys.roomStats]) {
    await redis.hset(hash(id), "alice", "1");
  }
  for (const text of [keys.roomBoardLast, keys.roomFinal]) await redis.set(text(id), "{}");
  await redis.rpush(keys.roomSnapshots(id), "{}");
}

/** A user as it is stored, with a history. */
async function user(id: string, lastCommandDaysAgo: number, fields: object = {}): Promise<void> {
  const meta = JSON.stringify({ seq: 1, lastCommandId: `${daysAgo(lastCommandDaysAgo)}-0` });
  await redis.hset(keys.userState(id), { meta, version: "1", commit: "1.1", ...fields });
  for (const stream of [keys.userEvents, keys.userOrders, keys.userTrades, keys.userJournal]) {
    await redis.xadd(stream(id), "1-0", "e", "[]");
  }
}

const keysOf = (id: string) => redis.keys(`*{${id}}*`);
const account = (roomId: string) => {
  const name = `room-${roomId}`;
  return { [stateField.account(name)]: JSON.stringify({ account: name }) };
};

test("rooms are forgotten a time after their end, with everything that was theirs", async () => {
  await room("old", { endedAtMs: daysAgo(91) });
  await room("given-up", { endedAtMs: null });
  await room("recent", { endedAtMs: daysAgo(89) });
  await room("settling", { status: "settling", endedAtMs: daysAgo(150) });
  await room("running", { status: "running" });
  await redis.zadd(keys.rooms, daysAgo(100), "never-written");
  await redis.zadd(keys.rooms, daysAgo(0), "being-made");
  expect(await forgetOld(redis, RULES, NOW_MS)).toEqual({ rooms: 3, guests: 0 });
  for (const id of ["old", "given-up"]) expect(await keysOf(id)).toEqual([]);
  for (const id of ["recent", "settling", "running"]) expect(await keysOf(id)).toHaveLength(11);
  expect((await redis.zrange(keys.rooms, "0", "-1")).sort()).toEqual(
    ["being-made", "recent", "running", "settling"].sort(),
  );
  expect(await forgetOld(redis, RULES, NOW_MS)).toEqual({ rooms: 0, guests: 0 });
});

test("guests are forgotten a time after their last command, unless something still needs them", async () => {
  await room("there", { endedAtMs: daysAgo(40) });
  await user(guest("1"), 31);
  await user(guest("2"), 29);
  await user(guest("3"), 31, { [stateField.order("o")]: JSON.stringify({ order: { id: "o" } }) });
  await user(guest("4"), 31, account("there"));
  await user(guest("5"), 31, account("gone"));
  await user("u-11111111111111111111", 400);
  await redis.hset(keys.userState(guest("6")), "commit", "1.1"); // Claimed, and about to be written.
  expect(await forgetOld(redis, RULES, NOW_MS)).toEqual({ rooms: 0, guests: 2 });
  for (const digit of ["1", "5"]) expect(await keysOf(guest(digit))).toEqual([]);
  for (const digit of ["2", "3", "4"]) expect(await keysOf(guest(digit))).toHaveLength(5);
  expect(await keysOf("u-11111111111111111111")).toHaveLength(5);
  expect(await keysOf(guest("6"))).toHaveLength(1);
});
