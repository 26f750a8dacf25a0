/** Every limit has a code, and reaching it does no harm to others (P8). */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually, type Session, TestClient } from "@mirrorbook/testkit";
import { WebSocket } from "ws";
import { type Settings, startExchange, type TestExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "50" };
const TIGHT: Settings = {
  CONNECTIONS_PER_USER_MAX: "2",
  SUBSCRIPTIONS_PER_CONNECTION_MAX: "3",
  MESSAGES_PER_SECOND_MAX: "50",
  ORDERS_PER_SECOND_MAX: "3",
  AUTH_ATTEMPTS_PER_MINUTE_MAX: "5",
  PAYLOAD_BYTES_MAX: "2000",
};
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange({ gateways: 2, settings: TIGHT });
});
afterAll(() => exchange[Symbol.asyncDispose]());

const refusedConnection = (client: TestClient) =>
  new Promise<unknown>((resolve) => client.socket.once("connect_error", resolve));

test("a user has only so many connections on a node; one that leaves makes room", async () => {
  const first = await exchange.client("many");
  await exchange.client("many");
  const session = await exchange.session("many");
  await using third = new TestClient(exchange.url(), session);
  expect(await refusedConnection(third)).toMatchObject({
    data: { code: "TOO_MANY_CONNECTIONS", retry: true },
  });
  const url = `${exchange.url().replace("http", "ws")}/ws/orders?token=${session.token}`;
  const plain = new WebSocket(url);
  const [, response] = await once(plain, "unexpected-response");
  response.resume();
  expect(response.statusCode).toBe(429);
  first.socket.disconnect();
  await using next = new TestClient(exchange.url(), session);
  await next.connected();
});

test("a connection has only so many subscriptions; the rest are refused one by one", async () => {
  const client = await exchange.client("curious");
  const answer = await client.subscribe(
    { channel: "orderbook", pair: "BTC", depth: 20 },
    { channel: "orderbook", pair: "BTC", depth: 100 },
    { channel: "ticker", pair: "BTC" },
    { channel: "tape", pair: "BTC" },
    { channel: "ticker", pair: "btcusdt" },
  );
  expect(answer).toMatchObject({
    ok: false,
    subscriptions: [
      "orderbook:BTCUSDT:20",
      "orderbook:BTCUSDT:100",
      "ticker:BTCUSDT",
      "ticker:BTCUSDT",
    ],
    errors: [{ code: "TOO_MANY_SUBSCRIPTIONS", index: 3 }],
  });
  await client.ask("unsubscribe", { channel: "ticker", pair: "BTC" });
  expect(await client.subscribe({ channel: "tape", pair: "BTC" })).toMatchObject({ ok: true });
});

test("orders are limited per user over all nodes, and other users are not concerned", async () => {
  const client = await exchange.client("hasty");
  const there = await exchange.client("hasty", 1);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? client : there).ask("order:place", BUY)),
  );
  const accepted = answers.filter(({ ok }) => ok).length;
  expect(accepted).toBeLessThanOrEqual(6); // Two windows of a second at most.
  expect(answers.filter((a) => !a.ok)[0]).toMatchObject({
    error: { code: "RATE_LIMITED", retry: true, details: { retryAfterMs: expect.any(String) } },
  });
  const calm = await exchange.client("calm");
  expect(await calm.ask("order:place", BUY)).toMatchObject({ ok: true });
  await eventually(() => expect(client.of("order:filled")).toHaveLength(accepted));
});

test("messages are limited per connection, and whoever never stops is cut", async () => {
  const client = await exchange.client("chatty");
  const answers = await Promise.all(
    Array.from({ length: 150 }, () => client.ask("ping:latency", {})),
  );
  expect(answers.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(100);
  expect(answers.filter((a) => !a.ok)[0]).toMatchObject({ error: { code: "RATE_LIMITED" } });

  await using deaf = await PlainClient.connect(`${exchange.url().replace("http", "ws")}/ws`);
  for (let i = 0; i < 3_000; i++) deaf.send({ action: "subscribe" });
  expect(await deaf.ended()).toEqual({ code: 4002, reason: "rate_limited" });
});

test("attempts to log in are limited by name, on whichever node", async () => {
  const login = { name: "victim", password: "guess" };
  const codes: string[] = [];
  for (let i = 0; i < 8; i++) {
    const { body } = await callRest<{ code: string }>(exchange.url(i % 2), "POST", "auth/login", {
      body: login,
    });
    codes.push(body.code);
  }
  expect(codes.slice(0, 3)).toEqual(["BAD_CREDENTIALS", "BAD_CREDENTIALS", "BAD_CREDENTIALS"]);
  expect(codes.at(-1)).toBe("RATE_LIMITED");
});

test("what is too large is refused: a body by its code, a frame by the close code of its protocol", async () => {
  const client = await exchange.client("large");
  const large = { ...BUY, clientOrderId: "x".repeat(3_000) };
  expect(await client.rest("POST", "orders", large)).toMatchObject({
    status: 413,
    body: { code: "PAYLOAD_TOO_LARGE" },
  });
  client.socket.emit("order:place", large);
  await client.disconnected();
  await client.connected(); // It comes back by itself.
  await using plain = await PlainClient.connect(`${exchange.url().replace("http", "ws")}/ws`);
  plain.send({ action: "x".repeat(3_000) });
  expect(await plain.ended()).toMatchObject({ code: 1009 });
});

test("an address has only so many connections, pages of strangers none, and a full node says so", async () => {
  await using small = await startExchange({ settings: { CONNECTIONS_PER_ADDRESS_MAX: "2" } });
  const session: Session = await small.session("one");
  const url = `${small.url().replace("http", "ws")}/ws`;
  await using first = await PlainClient.connect(url);
  await using second = await PlainClient.connect(url);
  const third = new WebSocket(url);
  const [, response] = await once(third, "unexpected-response");
  response.resume();
  expect(response.statusCode).toBe(429);
  await using socketIo = new TestClient(small.url(), session);
  expect(await refusedConnection(socketIo)).toMatchObject({
    data: { code: "TOO_MANY_CONNECTIONS" },
  });
  first.socket.close();
  second.socket.close();
  await Promise.all([first.ended(), second.ended()]);
  socketIo.socket.connect();
  await socketIo.connected();

  const stranger = new WebSocket(url, { headers: { origin: "https://evil.example" } });
  const [, forbidden] = await once(stranger, "unexpected-response");
  forbidden.resume();
  expect(forbidden.statusCode).toBe(403);
  const polling = await fetch(`${small.url()}/socket.io/?EIO=4&transport=polling`, {
    headers: { origin: "https://evil.example" },
  });
  expect(polling.status).toBe(403);
});
