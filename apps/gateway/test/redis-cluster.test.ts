/** The same exchange on a Redis Cluster of three masters: rooms, commands, limits and sessions on whatever shard. */
import { expect, test } from "@jest/globals";
import {
  callRest,
  eventually,
  type Session,
  startRedisCluster,
  TestClient,
} from "@mirrorbook/testkit";
import { startExchange } from "./support/exchange.ts";

const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "50" };

test("users, books, limits and revocations work over the shards of a cluster", async () => {
  await using redis = await startRedisCluster();
  const where = { REDIS_CLUSTER_NODES: redis.nodes };
  await using exchange = await startExchange({
    gateways: 2,
    env: where,
    settings: { ...where, ORDERS_PER_SECOND_MAX: "5" },
  });
  for (const name of ["one", "two", "three", "four", "five", "six"]) {
    const here = await exchange.client(name, 0);
    const there = await exchange.client(name, 1);
    await here.place(BUY);
    const log = await here.rest<{ events: unknown[] }>("GET", "events?since=0");
    await eventually(() => expect(there.of("order:filled")).toHaveLength(1));
    expect(log.body.events.length).toBeGreaterThan(4);
  }
  const client = await exchange.client("one");
  for (const pair of ["BTCUSDT", "ETHUSDT"]) {
    const book = await client.book(pair);
    await eventually(() => expect(book.updates).toBeGreaterThan(5));
    expect(book.faults).toEqual([]);
  }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.ask("order:place", BUY)),
  );
  expect(answers.filter(({ ok }) => !ok)[0]).toMatchObject({ error: { code: "RATE_LIMITED" } });

  const { body: session } = await callRest<Session>(exchange.url(), "POST", "auth/guest", {
    body: {},
  });
  await using there = new TestClient(exchange.url(1), session);
  await there.connected();
  await callRest(exchange.url(0), "POST", "auth/logout", { body: {}, token: session.token });
  await there.disconnected();
}, 60_000);
