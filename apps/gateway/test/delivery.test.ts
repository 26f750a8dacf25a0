/** Every event of a user once and in order (P3), and nobody else's (P7). */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rooms } from "@mirrorbook/protocol";
import { keys, RoomPackets } from "@mirrorbook/store";
import { callRest, eventually, type Session, TestClient } from "@mirrorbook/testkit";
import { pino } from "pino";
import { openRedisLinks, type RedisLinks } from "../src/redis-links.ts";
import { type Settings, startExchange, type TestExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "50" };
const ADMIN_PASSWORD = "operators only, please";
const packets = new RoomPackets();
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange({ gateways: 2, settings: { ADMIN_PASSWORD } });
});
afterAll(() => exchange[Symbol.asyncDispose]());

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function lastSeq(session: Session): Promise<number> {
  const redis = exchange.cluster.redis.client();
  return Number(await redis.hget(keys.userState(session.user.id), "seq"));
}

test("who comes back with a number gets what was missed, on another node, while trading goes on", async () => {
  const trader = await exchange.client("resumer", 0);
  await trader.place(BUY);
  await eventually(() => expect(trader.seqs.length).toBeGreaterThan(3));
  const since = trader.seqs[2]!;
  let trading = true;
  const orders = (async () => {
    while (trading) await trader.place(BUY);
  })();
  for (let round = 0; round < 5; round++) {
    await using back = await exchange.client("resumer", 1, { since });
    await eventually(() => expect(back.seqs.length).toBeGreaterThan(30));
    const heard = back.seqs;
    expect(heard).toEqual(range(since + 1, heard.at(-1)!));
  }
  trading = false;
  await orders;
});

test("`resume` on an open connection gives the events again, then live ones", async () => {
  const client = await exchange.client("again");
  await client.place(BUY);
  await client.place(BUY);
  const last = await lastSeq(client.session);
  await eventually(() => expect(client.seqs.at(-1)).toBe(last));
  client.received.length = 0;
  expect(await client.ask("resume", { since: 2 })).toEqual({
    ok: true,
    value: { kind: "live", recovered: last - 2 },
  });
  await client.place(BUY);
  const later = await lastSeq(client.session);
  await eventually(() => expect(client.seqs).toEqual(range(3, later)));
});

test("a number that was never reached means reload, and the rest follows", async () => {
  const first = await exchange.client("ahead");
  await first.place(BUY);
  const last = await lastSeq(first.session);
  const client = await exchange.client("ahead", 1, { since: 1_000_000 });
  await eventually(() => expect(client.of("resync")).toMatchObject([{ seq: last }]));
  await client.place(BUY);
  const later = await lastSeq(first.session);
  await eventually(() => expect(client.seqs).toEqual(range(last + 1, later)));
});

test("nobody hears of another user, by any dialect or channel", async () => {
  const alice = await exchange.client("alice");
  const mallory = await exchange.client("mallory");
  const { token, user } = mallory.session;
  const { user: victim } = alice.session;
  const url = exchange.url().replace("http", "ws");
  await using orders = await PlainClient.connect(`${url}/ws/orders?token=${token}`);
  await using feed = await PlainClient.connect(`${url}/ws/feed?token=${token}`);
  feed.send({ type: "SUBSCRIBE", channel: "trading", pair: `user:{${victim.id}}` });
  await mallory.ask("subscribe", { channel: "trading" });
  await mallory.ask("subscribe", { channel: "room", roomId: `{${victim.id}}` });
  await mallory.ask("subscribe:user", { userId: victim.id });
  await mallory.ask("resume", { since: 0, userId: victim.id });
  await mallory.ask("subscribe", [{ channel: "trading", userId: victim.id }]);

  const { order } = await alice.place(BUY);
  await mallory.place(BUY);
  await eventually(() => expect(mallory.of("order:filled").length).toBeGreaterThan(0));
  await orders.heard("order_update");
  await feed.heard("TRADE_EXECUTED");
  const heard = JSON.stringify([mallory.received, orders.received, feed.received]);
  expect(heard).not.toContain(order.id);
  expect(heard).not.toContain(victim.id);
  expect(heard).toContain(user.id);
});

test("a monitor hears of everybody's trading, and nobody without that role does", async () => {
  const alice = await exchange.client("watched");
  const login = { name: "admin", password: ADMIN_PASSWORD };
  const { body } = await callRest<Session>(exchange.url(1), "POST", "auth/login", { body: login });
  await using monitor = new TestClient(exchange.url(1), body);
  const nosy = await exchange.client("nosy", 1);
  for (const watcher of [monitor, nosy]) {
    await watcher.connected();
    expect(await watcher.subscribe({ channel: "trading" })).toMatchObject({ ok: true });
  }
  await eventually(async () => {
    const { order } = await alice.place(BUY);
    await eventually(
      () => expect(monitor.of("order:filled").map((e) => e.order.id)).toContain(order.id),
      { withinMs: 500 },
    );
  });
  expect(nosy.of("order:filled")).toEqual([]);
});

test("asking for a book again, or for a resync, gives a fresh snapshot and an unbroken chain", async () => {
  const client = await exchange.client("booker");
  const book = await client.book("BTCUSDT");
  for (let round = 1; round <= 3; round++) {
    const again = round % 2 === 0 ? "subscribe" : "book:resync";
    const channel = again === "subscribe" ? { channel: "orderbook" } : {};
    await client.ask(again, { ...channel, pair: "BTC", depth: 20 });
    await eventually(() => expect(client.of("orderbook:snapshot")).toHaveLength(round + 1));
  }
  const updates = book.updates;
  await eventually(() => expect(book.updates).toBeGreaterThan(updates + 5));
  expect(book.faults).toEqual([]);
});

/** A subscription that died without a word: the connection lives, the channel is gone. */
async function swallowing(settings: Settings) {
  const opened: RedisLinks[] = [];
  const heard = Promise.withResolvers<void>();
  const log = pino(
    {
      hooks: {
        logMethod(given, write) {
          if (given.includes("Hearing the leader")) heard.resolve();
          write.apply(this, given);
        },
      },
      level: "info",
    },
    { write: () => {} },
  );
  const gateway = await exchange.gateway(settings, {
    log,
    openLinks: async (config, log) => {
      const links = await openRedisLinks(config, log);
      opened.push(links);
      return links;
    },
  });
  // On first hearing the leader a gateway compares all positions once; that must not be what mends.
  await heard.promise;
  const session = await exchange.session(`swallowed-${exchange.gateways.length}`);
  const client = new TestClient(gateway.url, session);
  await client.connected();
  const swallow = (room: string) => opened[0]!.events.sunsubscribe(packets.template(room).channel);
  return { gateway, client, swallow, room: rooms.user(session.user.id) };
}

test("a publication that was swallowed reaches the client all the same; without the position check it does not", async () => {
  const checked = await swallowing({ POSITION_CHECK_EVERY_MS: "200" });
  // The probe compares positions too when beats come late on a busy machine: it must not help here.
  const unchecked = await swallowing({
    POSITION_CHECK_EVERY_MS: "3600000",
    HEARTBEAT_TIMEOUT_MS: "3600000",
  });
  await using one = checked.client;
  await using other = unchecked.client;
  for (const { client, swallow, room } of [checked, unchecked]) {
    await client.place(BUY);
    await eventually(() => expect(client.of("order:filled")).toHaveLength(1));
    await swallow(room);
    await client.place(BUY);
  }
  await eventually(() => expect(one.of("order:filled")).toHaveLength(2));
  expect(one.seqs).toEqual(range(one.seqs[0]!, one.seqs.at(-1)!));
  expect(other.of("order:filled")).toHaveLength(1);
});

test("when the leader's beats are swallowed the subscription is made anew and everything flows again", async () => {
  const { gateway, client, swallow, room } = await swallowing({
    POSITION_CHECK_EVERY_MS: "3600000",
    HEARTBEAT_TIMEOUT_MS: "2000",
  });
  await using _ = client;
  const book = await client.book("BTCUSDT");
  await swallow(room);
  await swallow(rooms.book("BTCUSDT", 20));
  for (const silent of [rooms.control(), rooms.pulse("BTCUSDT"), rooms.pulse("ETHUSDT")]) {
    await swallow(silent);
  }
  await client.place(BUY);
  await eventually(
    () => expect(client.of("feed:status").at(-1)).toMatchObject({ status: "stale" }),
    {
      withinMs: 8_000,
    },
  );
  const ready = await fetch(`${gateway.url}/readyz`);
  expect(ready.status).toBe(503);
  await eventually(
    () => expect(client.of("feed:status").at(-1)).toMatchObject({ status: "live" }),
    {
      withinMs: 12_000,
    },
  );
  await eventually(() => expect(client.of("order:filled")).toHaveLength(1));
  const { updates } = book;
  await eventually(() => expect(book.updates).toBeGreaterThan(updates + 3));
  expect(book.faults).toEqual([]);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
});

/** The negative twin: until a gateway that probes has healed, one whose patience is longer than the test has not. */
test("without the probe a subscription that died stays dead", async () => {
  const POSITION_CHECK_EVERY_MS = "3600000";
  const probing = await swallowing({ POSITION_CHECK_EVERY_MS, HEARTBEAT_TIMEOUT_MS: "2000" });
  const patient = await swallowing({ POSITION_CHECK_EVERY_MS, HEARTBEAT_TIMEOUT_MS: "3600000" });
  await using one = probing.client;
  await using other = patient.client;
  const heardBefore = other.userEvents.length;
  for (const { client, swallow, room } of [probing, patient]) {
    for (const silent of [rooms.control(), rooms.pulse("BTCUSDT"), rooms.pulse("ETHUSDT"), room]) {
      await swallow(silent);
    }
    await client.place(BUY);
  }
  await eventually(() => expect(one.of("order:filled")).toHaveLength(1), { withinMs: 20_000 });
  expect(other.userEvents).toHaveLength(heardBefore);
  expect((await fetch(`${patient.gateway.url}/readyz`)).status).toBe(200);
});
