/** Real processes: two leaders on the simulated Binance, one of them killed, frozen or stopped. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { CommandBody, Trade } from "@mirrorbook/protocol";
import {
  type AnswerTo,
  CommandDesk,
  closeRedis,
  connectRedis,
  type Page,
  type RedisClient,
  readEvents,
  readHistory,
  readLeaseHolder,
  readMarkets,
  redisReady,
} from "@mirrorbook/store";
import {
  answersAt,
  type Child,
  eventually,
  freePort,
  type RedisServer,
  startProcess,
  startRedis,
} from "@mirrorbook/testkit";
import { marketOrder } from "./fixtures.ts";

let redisServer: RedisServer;
let market: Child;
let redis: RedisClient;
let subscriber: RedisClient;
let desk: CommandDesk;
let marketPort: number;
const leaders = new Map<string, Child>();

beforeAll(async () => {
  redisServer = await startRedis({ appendOnly: true });
  marketPort = await freePort();
  market = await startProcess({
    name: "market-sim",
    entry: "apps/market-sim/src/main.ts",
    env: { PORT: String(marketPort), HOST: "127.0.0.1", SYMBOLS: "BTCUSDT,ETHUSDT" },
    ready: answersAt(`http://127.0.0.1:${marketPort}/api/v3/ping`),
  });
  const config = { kind: "server", url: redisServer.url } as const;
  redis = connectRedis(config, "command");
  subscriber = connectRedis(config, "subscriber");
  await Promise.all([redisReady(redis, 5_000), redisReady(subscriber, 5_000)]);
  desk = await CommandDesk.open({ redis, subscriber, node: "gateway-1" });
  await Promise.all([startLeader("leader-1"), startLeader("leader-2")]);
  await eventually(
    async () => {
      const markets = await readMarkets(redis);
      expect(markets.map(({ status }) => status)).toEqual(["live", "live"]);
    },
    { withinMs: 20_000 },
  );
  await submit("alice", "open", { type: "account:open" });
}, 60_000);

afterAll(async () => {
  await desk?.close();
  closeRedis(redis);
  closeRedis(subscriber);
  await Promise.all([...leaders.values(), market].map((child) => child?.[Symbol.asyncDispose]()));
  await redisServer?.[Symbol.asyncDispose]();
});

async function startLeader(name: string): Promise<void> {
  const port = await freePort();
  const child = await startProcess({
    name,
    entry: "apps/leader/src/main.ts",
    env: {
      NODE_ID: name,
      REDIS_URL: redisServer.url,
      HEALTH_PORT: String(port),
      HEALTH_HOST: "127.0.0.1",
      MARKET: "simulated",
      SYMBOLS: "BTCUSDT,ETHUSDT",
      BINANCE_REST_URL: `http://127.0.0.1:${marketPort}`,
      BINANCE_WS_URL: `ws://127.0.0.1:${marketPort}`,
    },
    ready: answersAt(`http://127.0.0.1:${port}/healthz`),
  });
  leaders.set(name, child);
}

/** As the SDK does: again with the same key until the outcome is known and no refusal asks for another try. */
const submit = <B extends CommandBody>(
  userId: string,
  key: string,
  body: B,
): Promise<AnswerTo<B>> =>
  eventually(
    async () => {
      const answer = await desk.submit(userId, key, body);
      if (!answer.ok && answer.error.retry) throw new Error(answer.error.message);
      return answer;
    },
    { withinMs: 20_000 },
  );

async function active(): Promise<{ name: string; child: Child }> {
  return eventually(async () => {
    const name = (await readLeaseHolder(redis))?.node ?? "nobody";
    const child = leaders.get(name);
    if (child === undefined) throw new Error(`${name} leads`);
    return { name, child };
  });
}

let orders = 0;

/** Places small orders, one after the other, while `meanwhile` goes on; every one must take effect once. */
async function tradeWhile(meanwhile: () => Promise<void>): Promise<void> {
  const before = await trades();
  let placed = 0;
  let going = true;
  const trading = (async () => {
    while (going) {
      const answer = await submit("alice", `o${orders++}`, marketOrder({ quoteQuantity: "20" }));
      expect(answer).toMatchObject({ ok: true, value: { order: { status: "filled" } } });
      placed += 1;
    }
  })();
  try {
    await meanwhile();
  } finally {
    going = false;
    await trading;
  }
  const orderIds = new Set((await trades()).slice(before.length));
  expect(orderIds.size).toBe(placed);
  const read = await readEvents(redis, "alice", 0);
  if (read.kind === "expired") throw new Error("events are gone");
  expect(read.events.map(([, { seq }]) => seq)).toEqual(read.events.map((_, i) => i + 1));
}

/** Order ids of all trades, oldest first. */
async function trades(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Trade> = await readHistory(redis, "alice", "trades", { cursor, limit: 500 });
    ids.push(...page.items.map(({ orderId }) => orderId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids.reverse();
}

const handedOverFrom = (name: string) =>
  eventually(async () => {
    const holder = await readLeaseHolder(redis);
    if (holder === null || holder.node === name) throw new Error("no other leads yet");
  });

describe("trading goes on, every order taking effect once, when the active leader", () => {
  test("is killed", async () => {
    const { name, child } = await active();
    await tradeWhile(async () => {
      await child.kill("SIGKILL");
      await handedOverFrom(name);
      await submit("alice", `after ${name}`.replace(" ", "-"), { type: "account:open" });
    });
    await startLeader(name);
  });

  test("is stopped as an operator would", async () => {
    const { name, child } = await active();
    await tradeWhile(async () => {
      expect(await child.kill("SIGTERM")).toEqual({ code: 0, signal: null });
      await handedOverFrom(name);
    });
    await startLeader(name);
  });

  test("is frozen for longer than its lease, and then goes on where it was", async () => {
    const { name, child } = await active();
    await tradeWhile(async () => {
      child.pause();
      await handedOverFrom(name);
      child.resume();
      await child.line((line) => line.includes("Stopped leading"), 10_000);
    });
    expect(child.running).toBe(true);
  });
});
