/** What an attacker tries before, below and beside the messages; docs/security.md names the threats. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually } from "@mirrorbook/testkit";
import { WebSocket } from "ws";
import { createLogger } from "../src/logger.ts";
import { startExchange, type TestExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const PER_ADDRESS = 40;
let exchange: TestExchange;
const lines: string[] = [];

beforeAll(async () => {
  exchange = await startExchange({
    gateways: 0,
    settings: {},
  });
  const log = createLogger(
    { level: "trace", node: "gateway-1" },
    { write: (line) => void lines.push(line) },
  );
  const settings = {
    WS_PORT: "0",
    CONNECTIONS_PER_ADDRESS_MAX: String(PER_ADDRESS),
    AUTH_ATTEMPTS_PER_MINUTE_MAX: "2",
    ADMIN_PASSWORD: "operators only, please",
  };
  await exchange.gateway(settings, { log });
  // A proxy in front of this one tells it addresses.
  await exchange.gateway({ ...settings, TRUSTED_PROXY_HOPS: "1" });
});
afterAll(() => exchange[Symbol.asyncDispose]());

const socketUrl = () => exchange.url().replace("http", "ws");
const engineUrl = () => `${socketUrl()}/socket.io/?EIO=4&transport=websocket`;

/** Writes text to a port; what comes back is told when the connection has ended. */
async function raw(
  port: string,
  text: string,
): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(Number(port), "127.0.0.1");
  let heard = "";
  socket.on("data", (data) => {
    heard += String(data);
  });
  socket.on("error", () => {});
  const ended = once(socket, "close").then(() => heard);
  await once(socket, "connect");
  socket.write(text);
  return { socket, ended };
}

const upgrade = (path: string) =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: exchange",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "",
    "",
  ].join("\r\n");

/** An Engine.IO connection by hand. */
async function engine(): Promise<{ socket: WebSocket; heard: string[] }> {
  const socket = new WebSocket(engineUrl());
  const heard: string[] = [];
  socket.on("message", (data) => void heard.push(String(data)));
  socket.on("error", () => {});
  await once(socket, "open");
  return { socket, heard };
}

async function connections(): Promise<number> {
  const { body } = await callRest<{ connections: number }>(exchange.url(), "GET", "stats");
  return body.connections;
}

/** Both were left to a listener that does not take them: the socket stayed open for ever, and was not counted. */
test.each(["/socket.iox", "/socket.io?EIO=4&transport=websocket", "/nothing", "/%ff"])(
  "an upgrade that nobody serves is refused: %s",
  async (path) => {
    const { ended } = await raw(new URL(exchange.url()).port, upgrade(path));
    expect(await ended).toMatch(/^HTTP\/1\.1 4\d\d /);
  },
);

test("on its own port the rooms dialect serves every path, Socket.IO's too", async () => {
  const { roomsUrl } = exchange.gateways[0]!;
  await using client = await PlainClient.connect(`${roomsUrl}/socket.io/?EIO=4`);
  client.send({ type: "subscribe_room", data: { bullPenId: "a" } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "UNAUTHORIZED" } });
});

/** While the first was being looked at, Socket.IO took any number, each a member of its own. */
test("a connection is one client, however often it says hello", async () => {
  const before = await connections();
  const { token } = await exchange.session("crowd");
  const { socket, heard } = await engine();
  for (let i = 0; i < 50; i++) socket.send(`40${JSON.stringify({ token })}`);
  await once(socket, "close");
  expect(heard.filter((text) => text.startsWith("40"))).toEqual([]);
  await eventually(async () => expect(await connections()).toBe(before));
});

test("whoever asks for namespaces without end is cut", async () => {
  const { socket, heard } = await engine();
  socket.send("40");
  await eventually(() => expect(heard.some((text) => text.includes("welcome"))).toBe(true));
  for (let i = 0; i < 5_000; i++) socket.send("40/nowhere,");
  await once(socket, "close");
});

test("connections that never say hello count for their address, and are refused when there are many", async () => {
  const { url } = await exchange.gateway({ CONNECTIONS_PER_ADDRESS_MAX: String(PER_ADDRESS) });
  const statuses = await Promise.all(
    Array.from({ length: PER_ADDRESS + 100 }, async () => {
      const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      return response.status;
    }),
  );
  const taken = statuses.filter((status) => status === 200).length;
  expect(new Set(statuses)).toEqual(new Set([200, 403]));
  expect(taken).toBeLessThanOrEqual(PER_ADDRESS + 64);
});

test("an address cannot be made up where no proxy is trusted", async () => {
  const login = { name: "somebody", password: "guess" };
  const attempt = async (i: number) => {
    const response = await fetch(`${exchange.url()}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": `10.9.8.${i}` },
      body: JSON.stringify(login),
    });
    return response.status;
  };
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push(await attempt(i));
  expect(statuses).toEqual([401, 401, 429, 429]);
});

test("a name cannot be tried without end from many addresses, nor locked by one", async () => {
  const attempt = async (address: string) => {
    const response = await fetch(`${exchange.url(1)}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": address },
      body: JSON.stringify({ name: "Victim", password: "guess" }),
    });
    return response.status;
  };
  for (let i = 0; i < 6; i++) await attempt("10.0.0.1");
  expect(await attempt("10.0.0.2")).toBe(401);
  const statuses = [];
  for (let i = 0; i < 12; i++) statuses.push(await attempt(`2001:db8:${i}::1`));
  expect(statuses.at(-1)).toBe(429);
  const sameNetwork = [];
  for (let i = 0; i < 4; i++) sameNetwork.push(await attempt(`2001:db8:ffff:1::${i}`));
  expect(sameNetwork.at(-1)).toBe(429);
});

test("keys that reach for prototypes reach nothing, by REST and on sockets", async () => {
  const client = await exchange.client("polluter");
  const { token } = client.session;
  const bodies = [
    '{"__proto__":{"roles":["admin"],"polluted":true},"asset":"SIM_USD","amount":"-1"}',
    '{"constructor":{"prototype":{"polluted":true}},"asset":"SIM_USD","amount":"-1"}',
  ];
  for (const body of bodies) {
    const response = await fetch(`${exchange.url()}/api/deposits`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
    });
    expect(response.status).toBe(400);
    await using plain = await PlainClient.connect(`${socketUrl()}/ws`);
    plain.send(body);
    await plain.heard("error");
    const { socket, heard } = await engine();
    socket.send(`40${body.replace("{", `{"token":"${token}",`)}`);
    await eventually(() => expect(heard.some((text) => text.includes("welcome"))).toBe(true));
    socket.send(`421["subscribe:orderbook",${body.replace("{", '{"assetId":"BTC",')}]`);
    await eventually(() => expect(heard.some((text) => text.startsWith("431"))).toBe(true));
    socket.terminate();
  }
  expect({}).not.toHaveProperty("polluted");
  expect({}).not.toHaveProperty("roles");
  const path = "admin/rooms/control/sockets";
  expect(await client.rest("GET", path)).toMatchObject({ status: 403 });
});

test("a name that is a number is a message that does not exist, not a failure of ours", async () => {
  const { socket, heard } = await engine();
  socket.send("40");
  await eventually(() => expect(heard.some((text) => text.includes("welcome"))).toBe(true));
  socket.send("421[7,{}]");
  const answer = await eventually(() => {
    const [found] = heard.filter((text) => text.startsWith("431"));
    if (found === undefined) throw new Error("no answer yet");
    return found;
  });
  expect(answer).toContain("BAD_REQUEST");
  socket.terminate();
});

test("whoever sends frames that are no JSON is told so, and cut in the end", async () => {
  await using client = await PlainClient.connect(`${socketUrl()}/ws`);
  client.send("GET / HTTP/1.1");
  expect(await client.heard("error")).toMatchObject({ code: "BAD_REQUEST" });
  for (let i = 0; i < 100; i++) client.socket.send(Buffer.from([i]));
  expect(await client.ended()).toEqual({ code: 4503, reason: "bad_message" });
});

/** Of two tokens sent at once the second took over the connection that the first was being looked at for. */
test("a connection of the rooms dialect belongs to one user, even if two are named at once", async () => {
  const [alice, bob] = await Promise.all([exchange.session("first"), exchange.session("second")]);
  await using client = await PlainClient.connect(`${socketUrl()}/ws/rooms`);
  for (const { token } of [alice, bob]) client.send({ type: "auth", data: { token } });
  expect(await client.heard("auth_success")).toMatchObject({ data: { userId: alice.user.id } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "FORBIDDEN" } });
  expect(client.of("auth_success")).toHaveLength(1);
});

test("whoever asks and never reads the answers is cut, with a bounded backlog", async () => {
  await using roomy = await startExchange({ settings: { MESSAGES_PER_SECOND_MAX: "10000000" } });
  const socket = new WebSocket(
    `${roomy.url().replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
  );
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send("40");
  await once(socket, "message");
  socket.pause();
  const metric = async (name: string) => {
    const text = await (await fetch(`${roomy.url()}/metrics`)).text();
    return Number(new RegExp(`${name} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  await eventually(
    async () => {
      for (let i = 0; i < 5_000; i++) socket.send(`42${i}["ping:latency",{"sentAt":${i}}]`);
      expect(await metric('disconnects_total\\{code="slow_consumer"\\}')).toBe(1);
    },
    { withinMs: 60_000 },
  );
  socket.terminate();
}, 90_000);

test("whoever pings and never reads the pongs is cut, on Socket.IO's path too", async () => {
  for (const url of [engineUrl(), `${socketUrl()}/ws`]) {
    const socket = new WebSocket(url);
    const closed = once(socket, "close");
    socket.on("error", () => {});
    await once(socket, "open");
    socket.pause();
    await eventually(() => {
      for (let i = 0; i < 5_000; i++) socket.ping("x".repeat(100));
      expect(socket.readyState).not.toBe(WebSocket.OPEN);
    });
    socket.resume();
    await closed;
  }
});

test("a request that is sent drop by drop is cut, and so is one whose body never comes", async () => {
  const { port } = new URL(exchange.url());
  const slow = await raw(port, "GET /api/health HTTP/1.1\r\nHost: exchange\r\nX-Slow: ");
  const dripping = setInterval(() => slow.socket.write("x"), 500);
  try {
    expect(await slow.ended).toMatch(/^HTTP\/1\.1 408 /);
  } finally {
    clearInterval(dripping);
  }
}, 40_000);

test("whoever asks by HTTP and never reads the answers is cut after a silence", async () => {
  await using roomy = await startExchange({ gateways: 0 });
  const silenceMs = 400;
  const { url } = await roomy.gateway({}, { httpSilenceMs: silenceMs });
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.pause();
  // More than the kernel keeps for it, and the answer to none of it is ever taken.
  socket.write("GET /api/openapi.json HTTP/1.1\r\nHost: exchange\r\n\r\n".repeat(1_000));
  await eventually(
    () => {
      socket.write("\r\n"); // A connection that is gone says so only to who writes.
      expect(socket.destroyed).toBe(true);
    },
    { everyMs: 2 * silenceMs },
  );
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test("an address has only so many TCP connections, whatever it says on them", async () => {
  const { port } = new URL(exchange.url());
  const sockets = await Promise.all(Array.from({ length: PER_ADDRESS + 200 }, () => raw(port, "")));
  let refused = 0;
  for (const { ended } of sockets) void ended.then(() => refused++);
  await eventually(() => expect(refused).toBeGreaterThanOrEqual(60));
  expect(refused).toBeLessThan(PER_ADDRESS + 200);
  for (const { socket } of sockets) socket.destroy();
  await eventually(async () => expect((await fetch(`${exchange.url()}/readyz`)).status).toBe(200));
});

test("tokens and passwords never reach the log, whichever way they were sent", async () => {
  const session = await exchange.session("logged");
  const secrets = [session.token, "a password that is wrong", "not.a.token"];
  const client = await exchange.client("logged");
  await using plain = await PlainClient.connect(`${socketUrl()}/ws/orders?token=${session.token}`);
  await plain.heard("welcome");
  await expect(PlainClient.connect(`${socketUrl()}/ws/orders?token=not.a.token`)).rejects.toThrow();
  await expect(
    PlainClient.connect(`${socketUrl()}/nowhere?token=${session.token}`),
  ).rejects.toThrow();
  await fetch(`${exchange.url()}/nowhere?token=${session.token}`);
  await client.rest("POST", "auth/login", { name: "logged", password: secrets[1] });
  await client.rest("POST", "auth/logout", { everywhere: true });
  await client.disconnected();
  await plain.ended();
  expect(lines.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(lines.join("\n")).not.toContain(secret);
});

test("what fails inside tells nothing of the inside", async () => {
  await using alone = await startExchange({});
  const client = await alone.client("asker");
  await alone.cluster.redis.stop();
  const answers = await Promise.all([
    client.rest("GET", "balances"),
    client.rest("POST", "orders", { pair: "BTC", side: "buy", type: "market", quantity: "1" }),
    client.ask("order:place", { pair: "BTC", side: "buy", type: "market", quantity: "1" }),
    callRest(alone.url(), "POST", "auth/login", { body: { name: "asker", password: "guess" } }),
    callRest(alone.url(), "POST", "auth/guest", { body: {} }),
  ]);
  await alone.cluster.redis.start();
  const text = JSON.stringify(answers);
  expect(text).toContain("UNAVAILABLE");
  expect(text).not.toMatch(
    /redis:|ECONN|ioredis|Lua|127\.0\.0\.1|\/work|node_modules|stack|at \w+\./i,
  );
}, 60_000);
