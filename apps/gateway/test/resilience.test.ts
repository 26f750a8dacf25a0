/** What clients see while Redis or the leader is away, and when a gateway leaves. */
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import type { Balance } from "@mirrorbook/protocol";
import { callRest, eventually, TestClient, within } from "@mirrorbook/testkit";
import { WebSocket } from "ws";
import { startExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "50" };
const RETURN_WITHIN = { withinMs: 20_000 };

test("while Redis is away sockets stay up and commands are refused; afterwards nothing is missing", async () => {
  await using exchange = await startExchange({ gateways: 2, redis: { appendOnly: true } });
  const client = await exchange.client("alice");
  const there = await exchange.client("alice", 1);
  const book = await client.book("BTCUSDT");
  await client.place(BUY);
  const { id } = client.socket;

  await exchange.cluster.redis.stop();
  await eventually(async () => {
    const answer = await client.ask("order:place", BUY);
    expect(answer).toMatchObject({ ok: false, error: { code: "UNAVAILABLE", retry: true } });
  });
  expect(await client.rest("GET", "balances")).toMatchObject({
    status: 503,
    body: { code: "UNAVAILABLE" },
  });
  expect((await fetch(`${exchange.url()}/readyz`)).status).toBe(503);
  expect(await callRest(exchange.url(), "GET", "health")).toMatchObject({
    status: 200,
    body: { status: "degraded", redis: "away" },
  });
  await eventually(
    () => expect(client.of("feed:status").at(-1)).toMatchObject({ status: "stale" }),
    RETURN_WITHIN,
  );
  expect(client.socket.id).toBe(id);

  await exchange.cluster.redis.start();
  await eventually(
    () => expect(client.of("feed:status").at(-1)).toMatchObject({ status: "live" }),
    RETURN_WITHIN,
  );
  await eventually(
    async () => expect(await client.ask("order:place", BUY)).toMatchObject({ ok: true }),
    RETURN_WITHIN,
  );
  expect(client.socket.id).toBe(id);
  const log = await client.rest<{ events: [string, { seq: number }][] }>("GET", "events?since=0");
  for (const who of [client, there]) {
    await eventually(() => expect(who.seqs.at(-1)).toBe(log.body.events.at(-1)![1].seq));
    const { seqs } = who;
    expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
  }
  const { updates } = book;
  await eventually(() => expect(book.updates).toBeGreaterThan(updates + 3));
  expect(book.faults).toEqual([]);
}, 90_000);

test("without a leader commands are refused at once; a new one is heard by itself", async () => {
  await using exchange = await startExchange();
  const client = await exchange.client("alice");
  await client.subscribe({ channel: "ticker", pair: "BTC" });
  const leader = exchange.cluster.leaders[0]!;
  await leader.kill("SIGKILL");
  await eventually(() =>
    expect(client.of("feed:status").at(-1)).toMatchObject({ status: "stale" }),
  );
  expect(await client.ask("order:place", BUY)).toMatchObject({ error: { code: "UNAVAILABLE" } });
  expect(await callRest(exchange.url(), "GET", "health")).toMatchObject({ body: { leader: null } });
  await leader.start();
  await eventually(
    async () => expect(await client.ask("order:place", BUY)).toMatchObject({ ok: true }),
    RETURN_WITHIN,
  );
  await eventually(() => expect(client.of("feed:status").at(-1)).toMatchObject({ status: "live" }));
  expect((await fetch(`${exchange.url()}/readyz`)).status).toBe(200);
}, 60_000);

test("a command in flight when the leader dies is answered, or its outcome is unknown and may be asked again", async () => {
  await using exchange = await startExchange({ leaders: 2 });
  const client = await exchange.client("alice");
  await client.place(BUY);
  const leader = await exchange.cluster.leader();
  const orders = Array.from({ length: 20 }, (_, i) => ({ ...BUY, clientOrderId: `order-${i}` }));
  const asked = orders.map((order) => client.ask<{ order: { id: string } }>("order:place", order));
  await leader.kill("SIGKILL");
  await Promise.all(asked);
  const ids = new Set<string>();
  for (const order of orders) {
    await eventually(async () => {
      const answer = await client.ask<{ order: { id: string } }>("order:place", order);
      if (!answer.ok) throw new Error(answer.error.code);
      ids.add(answer.value.order.id);
    }, RETURN_WITHIN);
  }
  expect(ids.size).toBe(20);
  await eventually(() => expect(client.of("order:filled")).toHaveLength(21));
}, 60_000);

test("a command whose answer never came is sent again: with its id it is booked once, without one twice", async () => {
  await using exchange = await startExchange();
  const client = await exchange.client("alice");
  await client.place(BUY);
  const leader = await exchange.cluster.leader();
  const before = await cash(client);
  leader.child.pause(); // Commands go on being taken, answers stay out.
  const unanswered = await Promise.all([
    client.ask("account:deposit", { asset: "SIM_USD", amount: "1000", commandId: "sent-twice" }),
    client.ask("account:deposit", { asset: "SIM_USD", amount: "7" }),
  ]);
  for (const answer of unanswered) {
    expect(answer).toMatchObject({ ok: false, error: { code: "OUTCOME_UNKNOWN", retry: true } });
  }
  leader.child.resume();
  const repeat = (deposit: object) =>
    eventually(
      async () => expect(await client.ask("account:deposit", deposit)).toMatchObject({ ok: true }),
      RETURN_WITHIN,
    );
  await repeat({ asset: "SIM_USD", amount: "1000", commandId: "sent-twice" });
  await repeat({ asset: "SIM_USD", amount: "7" });
  expect(await cash(client)).toBeCloseTo(before + 1_000 + 2 * 7, 6);
}, 60_000);

test("a gateway that stops asks its members to leave, takes nobody new, and stock clients come back by themselves", async () => {
  await using exchange = await startExchange();
  const leaving = await exchange.gateway({ DRAIN_SPREAD_MS: "300" });
  const port = new URL(leaving.url).port;
  const session = await exchange.session("alice");
  await using client = new TestClient(leaving.url, session);
  const socketUrl = leaving.url.replace("http", "ws");
  await using plain = await PlainClient.connect(`${socketUrl}/ws/orders?token=${session.token}`);
  await Promise.all([client.connected(), plain.heard("welcome")]);

  const inFlight = client.ask("order:place", BUY);
  const closed = leaving.close();
  expect(await inFlight).toMatchObject({ ok: true });
  await eventually(() =>
    expect(client.of("server:draining")).toMatchObject([{ reconnectWithinMs: 300 }]),
  );
  await plain.heard("server_draining");
  await expect(fetch(`${leaving.url}/api/health`)).rejects.toThrow();
  await closed;
  expect(await plain.ended()).toEqual({ code: 4004, reason: "draining" });
  await client.disconnected();
  const { length: before } = client.of("welcome");
  await exchange.gateway({ PORT: port });
  await eventually(() => expect(client.of("welcome").length).toBe(before + 1));
});

// A chaos run found it: `ws` waits 30 s for the goodbye of a peer, and the server for `ws`; the gateway was ended by force.
test("members that have stopped reading do not hold a stopping gateway up", async () => {
  await using exchange = await startExchange();
  const leaving = await exchange.gateway({ DRAIN_SPREAD_MS: "100", STOP_WITHIN_MS: "1000" });
  const socketUrl = leaving.url.replace("http", "ws");
  for (const path of ["socket.io/?EIO=4&transport=websocket", "ws"]) {
    const socket = new WebSocket(`${socketUrl}/${path}`);
    socket.on("error", () => {});
    const greeted = once(socket, "message"); // It may come in one piece with the answer to the upgrade.
    await once(socket, "open");
    if (path !== "ws") socket.send("40");
    await greeted;
    socket.pause();
  }
  await within(10_000, "the gateway closes", leaving.close());
});

test("gateways start and stop many times in one process, and leave nothing behind", async () => {
  await using exchange = await startExchange();
  const redis = exchange.cluster.redis.client();
  const connections = async () =>
    Number((await redis.info("clients")).match(/connected_clients:(\d+)/)![1]);
  const before = await connections();
  for (let i = 0; i < 5; i++) await (await exchange.gateway()).close();
  await eventually(async () => expect(await connections()).toBe(before));
});

async function cash(client: TestClient): Promise<number> {
  const { body } = await client.rest<{ balances: Balance[] }>("GET", "balances");
  return Number(body.balances.find(({ asset }) => asset === "SIM_USD")!.total);
}
