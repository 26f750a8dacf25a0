/** Promise P4, checked from Redis alone: a clean system passes, and every way of breaking it is found. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  closeRedis,
  connectRedis,
  keys,
  type RedisClient,
  RoomPackets,
  redisReady,
  UserWriter,
} from "@mirrorbook/store";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import { marketSpec, World } from "../../../libs/exchange/test/world.ts";
import { auditSystem, isClean } from "../src/audit-system.ts";

const USERS = ["alice", "bob"];

let server: RedisServer;
let redis: RedisClient;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ kind: "server", url: server.url }, "command");
  await redisReady(redis, 5_000);
});
afterAll(async () => {
  closeRedis(redis);
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await redis.flushall();
  await tradeALittle(redis);
});

/** Deposits, fills with fees, an open order and a cancelled one, written as the leader writes them. */
async function tradeALittle(connection: RedisClient): Promise<void> {
  const world = new World({ spec: marketSpec(), takerFeeRate: "0.001", makerFeeRate: "0.0005" });
  world.snapshot(
    [[99, 5]],
    [
      [101, 1],
      [102, 5],
    ],
  );
  for (const user of USERS) {
    world.placed({ quantity: "1.5" }, user);
    world.placed({ side: "sell", quantity: "0.25" }, user);
    world.placed({ type: "limit", price: "98.50", quantity: "2" }, user);
    const { order } = world.placed({ type: "limit", price: "97", quantity: "1" }, user);
    world.send({ type: "order:cancel", target: { orderId: order.id } }, { user });
    const deposit = { account: "main", asset: "SIM_BTC", amount: "3" };
    world.send({ type: "account:deposit", ...deposit }, { user });
  }
  const writer = new UserWriter(connection, new RoomPackets(), 1);
  await writer.claim(USERS);
  for (const commit of world.outcomes.flatMap(({ commits }) => commits)) {
    expect(await writer.commit(commit)).toEqual({ kind: "committed" });
  }
}

test("P4: what the exchange wrote adds up, per user and per asset", async () => {
  const report = await auditSystem(redis);
  expect(report).toMatchObject({ users: 2, differences: [], unbalanced: [], incomplete: [] });
  expect(isClean(report)).toBe(true);
  expect(report.postings).toBeGreaterThan(20);
  const btc = report.assets.find(({ asset }) => asset === "SIM_BTC");
  expect(btc).toMatchObject({ issued: "6", sum: "0" });
});

describe("is not clean when", () => {
  const state = keys.userState("alice");
  const journal = keys.userJournal("alice");

  test("a balance was changed by hand", async () => {
    const field = "balance/main/SIM_USD";
    const balance = JSON.parse((await redis.hget(state, field))!);
    const tampered = { ...balance, available: "1000000", total: "1000000" };
    await redis.hset(state, field, JSON.stringify(tampered));
    const report = await auditSystem(redis);
    expect(report.differences).toContainEqual(
      expect.objectContaining({ userId: "alice", what: "available", stored: "1000000" }),
    );
    expect(isClean(report)).toBe(false);
  });

  test("a balance disappeared", async () => {
    await redis.hdel(state, "balance/main/SIM_BTC");
    const report = await auditSystem(redis);
    expect(report.differences).toContainEqual(
      expect.objectContaining({ userId: "alice", asset: "SIM_BTC", stored: "0" }),
    );
  });

  test("a posting was lost", async () => {
    const [[id]] = (await redis.xrevrange(journal, "+", "-", "COUNT", 1)) as [[string, string[]]];
    await redis.xdel(journal, id);
    expect((await auditSystem(redis)).differences).not.toEqual([]);
  });

  test("the journal's beginning is no longer kept", async () => {
    await redis.xtrim(journal, "MAXLEN", 5);
    const report = await auditSystem(redis);
    expect(report.incomplete).toEqual(["alice"]);
    expect(isClean(report)).toBe(false);
  });

  test("locked funds have no order behind them", async () => {
    const open = (await redis.hkeys(state)).find((field) => field.startsWith("order/"))!;
    await redis.hdel(state, open);
    expect((await auditSystem(redis)).differences).toContainEqual(
      expect.objectContaining({ what: "reserved", expected: "0" }),
    );
  });
});

test("writes later than the state that was read are left for the next audit", async () => {
  await redis.xadd(keys.userJournal("bob"), "999-1", "e", JSON.stringify({ amount: "not yet" }));
  expect(isClean(await auditSystem(redis))).toBe(true);
});
