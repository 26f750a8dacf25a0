/** Promise P4, checked from Redis alone: a clean system passes, and every way of breaking it is found. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { DepthSnapshot } from "@mirrorbook/book";
import { Exchange, type Input } from "@mirrorbook/exchange";
import type { Answer, CommandBody, NewOrder, PlacedOrder } from "@mirrorbook/protocol";
import {
  closeRedis,
  connectRedis,
  keys,
  type RedisClient,
  RoomPackets,
  redisReady,
  type UserOutcome,
  UserWriter,
} from "@mirrorbook/store";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import { auditSystem, isClean } from "../src/audit-system.ts";

const USERS = ["alice", "bob"];
const AT_MS = Date.UTC(2024, 7, 8, 12);

const BTC = marketSpec({
  rules: {
    ...OPEN_RULES,
    price: { ...OPEN_RULES.price, tick: "0.01" },
    lot: { ...OPEN_RULES.lot, step: "0.0001" },
  },
});
const BOOK = {
  symbol: "BTCUSDT",
  lastUpdateId: 1,
  bids: [[9_900, 50_000]],
  asks: [
    [10_100, 10_000],
    [10_200, 50_000],
  ],
} as unknown as DepthSnapshot;
const MARKET_BUY: NewOrder = {
  account: "main",
  symbol: BTC.symbol,
  side: "buy",
  type: "market",
  quantity: null,
  quoteQuantity: null,
  price: null,
  stopPrice: null,
  trailingBps: null,
  timeInForce: "GTC",
  expireAtMs: null,
  postOnly: false,
};

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
  const commits = outcomesOfALittleTrading();
  const writer = new UserWriter(connection, new RoomPackets(), 1);
  await writer.claim(USERS);
  for (const commit of commits) {
    expect(await writer.commit(commit)).toEqual({ kind: "committed" });
  }
}

function outcomesOfALittleTrading(): UserOutcome[] {
  const options = { startingBalance: "100000", makerFeeRate: "0.0005", takerFeeRate: "0.001" };
  const exchange = new Exchange(options);
  const commits: UserOutcome[] = [];
  let commands = 0;
  const apply = (input: Input) => {
    const outcome = exchange.apply(input);
    commits.push(...outcome.commits);
    return outcome.answer;
  };
  const send = (userId: string, body: CommandBody) => {
    const id = `${AT_MS}-${++commands}`;
    const command = { id, userId, key: id, replyTo: "test", requestId: commands, body };
    return apply({ kind: "command", command, atMs: AT_MS }) as Answer<PlacedOrder>;
  };
  const place = (userId: string, order: Partial<NewOrder>) => {
    const answer = send(userId, { type: "order:place", order: { ...MARKET_BUY, ...order } });
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value.order;
  };

  apply({ kind: "market", spec: BTC, atMs: AT_MS });
  apply({ kind: "snapshot", snapshot: BOOK, atMs: AT_MS });
  apply({ kind: "status", symbol: BTC.symbol, status: "live", reason: "synced", atMs: AT_MS });
  for (const userId of USERS) {
    exchange.loadUser({ userId, version: 0, fields: {} });
    place(userId, { quantity: "1.5" });
    place(userId, { side: "sell", quantity: "0.25" });
    place(userId, { type: "limit", price: "98.50", quantity: "2" });
    const { id: orderId } = place(userId, { type: "limit", price: "97", quantity: "1" });
    send(userId, { type: "order:cancel", target: { orderId } });
    send(userId, { type: "account:deposit", account: "main", asset: "SIM_BTC", amount: "3" });
  }
  return commits;
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
