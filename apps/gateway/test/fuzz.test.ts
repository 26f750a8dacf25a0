/**
 * At least 100,000 random and mutated frames and bodies over every entrance: no crash, no hang, no state change, no word
 * of another user. Seeded: a failure is repeated with FUZZ_SEED.
 */
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { eventually, type Session, type TestClient, within } from "@mirrorbook/testkit";
import fc from "fast-check";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { startExchange, type TestExchange } from "./support/exchange.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);
const FRAMES_PER_ENTRANCE = 12_000;
const BODIES = 8_000;
const RAW_FRAMES = 400;
const FRAMES_IN_FLIGHT = 400;
const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "50" };

/** Messages that mean something, as raw material: what is close to right reaches furthest in. */
const MEANINGFUL: unknown[] = [
  { channel: "orderbook", pair: "BTC", depth: 20 },
  { channel: "trading" },
  { action: "subscribe", stream: "orders", symbol: "BTC/USDT" },
  { type: "SUBSCRIBE", channel: "orderbook", pair: "BTC" },
  { type: "auth", data: { token: "x.y.z" } },
  { type: "subscribe_room", data: { bullPenId: "room" } },
  { pair: "BTC", side: "buy", type: "market", quoteQuantity: "-50" },
  { pair: "BTC", side: "buy", type: "limit", price: "1e9", quantity: "0" },
  { orderId: "1-1-1", quantity: "1.5.5" },
  { since: -1 },
  { asset: "SIM_USD", amount: "1e400" },
  { timeoutMs: Number.MAX_SAFE_INTEGER },
  { userId: "u-alice", user_id: "u-bob" },
];
const MESSAGE_NAMES = [
  "subscribe",
  "unsubscribe",
  "resume",
  "book:resync",
  "message",
  "subscribe:user",
  "subscribe:orderbook",
  "order:place",
  "order:amend",
  "order:cancel_replace",
  "account:deposit",
  "account:reset_",
  "ping:latency",
  "toString",
  "__proto__",
  "constructor",
];

const json = fc.jsonValue({ maxDepth: 4 });
const hostile = fc.constantFrom(
  // Parsed: a literal would set the prototype, and nothing of it would be sent.
  JSON.parse('{"__proto__":{"admin":true}}') as object,
  { constructor: { prototype: {} } },
  "\u0000",
  "💣".repeat(50),
  "9".repeat(400),
  Number.MAX_VALUE,
  -0,
  [[[[[[[[[[]]]]]]]]]],
  null,
);
/** A meaningful message with one thing in it replaced. */
const mutated = fc
  .tuple(fc.constantFrom(...MEANINGFUL), fc.nat(8), fc.oneof(json, hostile))
  .map(([message, which, value]) => {
    const entries = Object.entries(message as object);
    if (entries.length === 0) return value;
    entries[which % entries.length]![1] = value;
    return Object.fromEntries(entries);
  });
/** Nothing here is a valid command: amounts are negative, zero or no numbers wherever they would be needed. */
const message = fc.oneof(json, mutated, hostile);
/** Text that is nearly JSON: cut short, doubled, or with a character exchanged. */
const text = fc
  .tuple(message, fc.constantFrom("whole", "cut", "doubled", "exchanged"), fc.nat(200), fc.string())
  .map(([value, how, at, other]) => {
    const whole = JSON.stringify(value) ?? "";
    if (how === "cut") return whole.slice(0, at);
    if (how === "doubled") return whole + whole;
    if (how === "exchanged") return whole.slice(0, at) + other + whole.slice(at + 1);
    return whole;
  });
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number, salt: number) =>
  fc.sample(arbitrary, { numRuns: count, seed: SEED + salt });

test("a hundred thousand senseless messages change nothing and stop nobody", async () => {
  await using exchange = await startExchange({
    settings: {
      MESSAGES_PER_SECOND_MAX: "1000000",
      SUBSCRIPTIONS_PER_CONNECTION_MAX: "20",
      ORDERS_PER_SECOND_MAX: "1000000",
      WS_PORT: "0",
    },
  });
  const alice = await exchange.client("alice");
  const book = await alice.book("BTCUSDT");
  await alice.place(BUY);
  const attacker = await exchange.session("attacker");
  await exchange.client("attacker");
  const before = await footprint(exchange, alice);

  const heard: string[] = [];
  const url = exchange.url().replace("http", "ws");
  const { roomsUrl } = exchange.gateways[0]!;
  let sent = 0;
  const entrances = [
    `${url}/ws`,
    `${url}/ws/orders?token=${attacker.token}`,
    `${url}/ws/trades`,
    `${url}/ws/markets/BTC/USDT`,
    `${url}/ws/feed?token=${attacker.token}`,
    `${url}/ws/rooms`,
    roomsUrl!,
  ];
  for (const [salt, entrance] of entrances.entries()) {
    sent += await floodPlain(entrance, sample(text, FRAMES_PER_ENTRANCE, salt), heard);
  }
  sent += await floodSocketIo(exchange.url(), attacker, heard);
  sent += await floodRaw(
    `${url}/socket.io/?EIO=4&transport=websocket`,
    sample(text, RAW_FRAMES, 77),
    heard,
  );
  sent += await floodRest(exchange.url(), attacker, heard);
  expect(sent).toBeGreaterThanOrEqual(100_000);

  expect(await footprint(exchange, alice)).toEqual(before);
  expect(heard.join()).not.toContain(alice.session.user.id);
  expect(alice.socket.connected).toBe(true);
  const { updates } = book;
  await eventually(() => expect(book.updates).toBeGreaterThan(updates + 3));
  expect(book.faults).toEqual([]);
  expect(await alice.ask("order:place", BUY)).toMatchObject({ ok: true });
}, 240_000);

/** Sends frames as fast as they are answered, and comes back when it is thrown out. */
async function floodPlain(
  url: string,
  frames: readonly string[],
  heard: string[],
): Promise<number> {
  let socket = await open(url, heard);
  for (const [i, frame] of frames.entries()) {
    if (socket.readyState !== WebSocket.OPEN) socket = await open(url, heard);
    socket.send(i % 50 === 49 ? Buffer.from(frame) : frame);
    if (i % FRAMES_IN_FLIGHT === FRAMES_IN_FLIGHT - 1) await pong(socket);
  }
  await pong(socket);
  socket.terminate();
  return frames.length;
}

async function open(url: string, heard: string[]): Promise<WebSocket> {
  const socket = new WebSocket(url);
  socket.on("message", (data) => void heard.push(String(data)));
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

/** Resolves when the gateway has read what was sent, or has closed. */
async function pong(socket: WebSocket): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return;
  const listening = new AbortController();
  const heardOf = (event: string) => once(socket, event, { signal: listening.signal });
  const settled = Promise.race([heardOf("pong"), heardOf("close")]);
  socket.ping();
  await within(10_000, "the gateway answers a ping", settled);
  listening.abort();
}

async function floodSocketIo(url: string, session: Session, heard: string[]): Promise<number> {
  const frames = sample(
    fc.tuple(fc.constantFrom(...MESSAGE_NAMES), message),
    FRAMES_PER_ENTRANCE,
    50,
  );
  const socket = io(url, {
    auth: { token: session.token },
    transports: ["websocket"],
    forceNew: true,
  });
  socket.onAny((...words: unknown[]) => void heard.push(JSON.stringify(words)));
  try {
    await eventually(() => expect(socket.connected).toBe(true));
    for (let start = 0; start < frames.length; start += FRAMES_IN_FLIGHT) {
      const answers = frames
        .slice(start, start + FRAMES_IN_FLIGHT)
        .map(([name, body]) => socket.timeout(20_000).emitWithAck(name, body));
      for (const answer of await Promise.all(answers)) {
        expect(answer).toHaveProperty("ok");
        heard.push(JSON.stringify(answer));
      }
    }
  } finally {
    socket.disconnect();
  }
  return frames.length;
}

/** Frames below the Socket.IO protocol: broken packets, acknowledgements nobody asked for, binary headers. */
async function floodRaw(url: string, texts: readonly string[], heard: string[]): Promise<number> {
  const openings = [
    "4",
    "40",
    "42",
    "43",
    "451-",
    "4599999-",
    "2",
    "3",
    "6",
    "b",
    "",
    "42[",
    "420[]",
  ];
  let sent = 0;
  for (const [i, frame] of texts.entries()) {
    const socket = await open(url, heard); // A new one each time: the first broken frame ends it.
    const started = openings.slice(i % openings.length);
    for (const opening of started) socket.send(opening + frame);
    sent += started.length;
    await pong(socket);
    socket.terminate();
  }
  return sent;
}

async function floodRest(url: string, { token }: Session, heard: string[]): Promise<number> {
  const routes = [
    ["POST", "orders"],
    ["POST", "orders/preview"],
    ["POST", "orders/oco"],
    ["PATCH", "orders/1"],
    ["POST", "deposits"],
    ["POST", "withdrawals"],
    ["POST", "auth/register"],
    ["POST", "auth/login"],
    ["POST", "auth/logout_"],
    ["POST", "admin/revocations"],
    ["GET", "orders?cursor="],
    ["GET", "events?since="],
    ["GET", "markets/"],
    ["GET", "markets/BTC/candles?interval="],
  ] as const;
  const requests = sample(fc.tuple(fc.constantFrom(...routes), text), BODIES, 99);
  const send = async ([[method, path], body]: (typeof requests)[number]) => {
    const isRead = method === "GET";
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const target = `${url}/api/${path}${isRead ? encodeURIComponent(body.toWellFormed()) : ""}`;
    const response = await fetch(target, { method, headers, ...(isRead ? {} : { body }) });
    const answer = await response.text();
    if (response.status >= 500 && response.status !== 503) {
      throw new Error(`${method} ${path} ${body} → ${response.status} ${answer}`);
    }
    heard.push(answer);
  };
  for (let start = 0; start < requests.length; start += 50) {
    await Promise.all(requests.slice(start, start + 50).map(send));
  }
  return requests.length;
}

/** Everything of alice and of the exchange that a message could have changed. */
async function footprint(exchange: TestExchange, alice: TestClient) {
  const redis = exchange.cluster.redis.client();
  const { id } = alice.session.user;
  const [state, events, orders] = await Promise.all([
    redis.hgetall(`user:{${id}}:state`),
    redis.xlen(`user:{${id}}:events`),
    alice.rest("GET", "orders"),
  ]);
  const users = (await redis.keys("user:*:state")).sort();
  const logins = await redis.keys("credentials:*");
  const states = await Promise.all(users.map(async (key) => [key, await redis.hgetall(key)]));
  return { state, events, orders: orders.body, states, logins };
}
