import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { type MarketSim, startMarketSim } from "../src/start-market-sim.ts";
import { eventually, FollowedBook, get, type Json, RawClient } from "./book-client.ts";

let sim: MarketSim;
beforeEach(async () => {
  sim = await startMarketSim({ symbols: ["BTCUSDT", "ETHUSDT"], seed: "faults", control: true });
});
afterEach(() => sim.close());

async function post(action: string, body: object = {}): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${sim.url}/control/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const depth = () => RawClient.open(sim, "/ws/btcusdt@depth@100ms");
const received = (client: RawClient, count: number) =>
  eventually(() => client.messages.length >= count, `${count} messages`);

/** How the server answers an upgrade: the HTTP status and headers of a refusal. */
function upgrade(
  path = "/ws/btcusdt@trade",
): Promise<{ status: number; retryAfter: string | undefined }> {
  const socket = new WebSocket(sim.url.replace("http", "ws") + path);
  return new Promise((resolve, reject) => {
    socket.on("unexpected-response", (_request, response) => {
      const retryAfter = response.headers["retry-after"];
      resolve({ status: response.statusCode ?? 0, retryAfter });
      socket.terminate();
    });
    socket.on("open", () => {
      resolve({ status: 101, retryAfter: undefined });
      socket.terminate();
    });
    socket.on("error", reject);
  });
}

describe("faults on demand", () => {
  test("drop cuts one connection or all, without a closing handshake", async () => {
    using first = await depth();
    using second = await depth();
    const [id] = (await get(sim, "/control/status")).body.connections.map((each: Json) => each.id);
    expect((await post("drop", { connection: id })).body).toEqual({ ok: true, connections: 1 });
    await eventually(() => first.closed !== undefined, "the first to be cut");
    expect(first.closed?.code).toBe(1006);
    expect(second.closed).toBeUndefined();
    await post("drop");
    await eventually(() => second.closed !== undefined, "the second to be cut");
    await eventually(() => sim.control.status().connections.length === 0, "no connection left");
  });

  test("close ends a connection with a code", async () => {
    using client = await depth();
    await post("close", { code: 1012, reason: "restart" });
    await eventually(() => client.closed !== undefined, "the close");
    expect(client.closed).toEqual({ code: 1012, reason: "restart" });
  });

  test("stall swallows everything silently for its duration, and leaves a gap", async () => {
    using client = await depth();
    await received(client, 3);
    await post("stall", { durationMs: 700 });
    const before = client.messages.length;
    await eventually(() => sim.control.status().connections[0]!.swallowed >= 4, "swallowed diffs");
    expect(client.messages).toHaveLength(before);
    expect(client.closed).toBeUndefined();
    await received(client, before + 2);
    expect(client.messages[before].U).toBeGreaterThan(client.messages[before - 1].u + 1);
    expect(client.messages[before + 1].U).toBe(client.messages[before].u + 1);
  });

  test("gap loses exactly the diffs asked for, of that symbol alone", async () => {
    using client = await depth();
    const btc = await FollowedBook.follow(sim, "BTCUSDT");
    const eth = await FollowedBook.follow(sim, "ETHUSDT");
    using bitcoin = btc.client;
    using ether = eth.client;
    await eventually(() => btc.book.applied > 2 && eth.book.applied > 2, "both books in step");
    await post("gap", { symbol: "BTCUSDT", diffs: 2 });
    await eventually(() => btc.failure !== undefined, "the gap to be seen");
    expect(String(btc.failure)).toContain("Gap");
    const applied = eth.book.applied;
    await eventually(() => eth.book.applied > applied + 3, "the other market to go on");
    expect(eth.failure).toBeUndefined();
    const before = client.messages.length;
    await received(client, before + 4);
    for (const [i, diff] of client.messages.slice(before + 1).entries()) {
      expect(diff.U).toBe(client.messages[before + i].u + 1);
    }
    expect([bitcoin.closed, ether.closed]).toEqual([undefined, undefined]);
  });

  test("slow delays a line in order; the line catches up when it ends", async () => {
    using slowed = await depth();
    await received(slowed, 1);
    using normal = await depth();
    const [connection] = sim.control.status().connections;
    await post("slow", { connection: connection!.id, delayMs: 600 });
    await received(normal, 4);
    await eventually(() => normal.messages.at(-1).u > slowed.messages.at(-1).u, "a lag");
    await post("slow", { connection: connection!.id, delayMs: 0 });
    await received(slowed, 15);
    for (const [i, diff] of slowed.messages.slice(1).entries()) {
      expect(diff.U).toBe(slowed.messages[i].u + 1);
    }
  });

  test("rest delays answers", async () => {
    await post("rest", { delayMs: 150 });
    const started = performance.now();
    await get(sim, "/api/v3/time");
    expect(performance.now() - started).toBeGreaterThan(140);
    await post("clear");
  });

  test.each([
    [429, "3"],
    [418, "3"],
    [451, undefined],
    [403, undefined],
  ])("refuse answers REST and stream upgrades with %i", async (status, retryAfter) => {
    await post("refuse", { status, retryAfterSeconds: 3, requests: 3 });
    const first = await get(sim, "/api/v3/ping");
    expect([first.status, first.headers.get("retry-after") ?? undefined]).toEqual([
      status,
      retryAfter,
    ]);
    expect(first.body).toMatchObject({ code: expect.any(Number), msg: expect.any(String) });
    expect(await upgrade()).toEqual({ status, retryAfter });
    expect((await get(sim, "/api/v3/ping")).status).toBe(status);
    expect((await get(sim, "/api/v3/ping")).status).toBe(200);
    expect((await upgrade()).status).toBe(101);
  });

  test("refuse can hit one side only, and ends by time", async () => {
    await post("refuse", { status: 429, target: "stream", durationMs: 200 });
    expect((await get(sim, "/api/v3/ping")).status).toBe(200);
    expect((await upgrade()).status).toBe(429);
    const deadline = Date.now() + 10_000;
    let answer = await upgrade();
    while (answer.status !== 101 && Date.now() < deadline) answer = await upgrade();
    expect(answer.status).toBe(101);
  });

  test("halt stops a symbol's messages and shows in exchangeInfo; resume continues the chain", async () => {
    using client = await depth();
    using other = await RawClient.open(sim, "/ws/ethusdt@depth@100ms");
    await received(client, 2);
    await post("halt", { symbol: "btcusdt", status: "HALT" });
    const statusOf = async () =>
      (await get(sim, "/api/v3/exchangeInfo?symbol=BTCUSDT")).body.symbols[0].status;
    expect(await statusOf()).toBe("HALT");
    const halted = client.messages.length;
    const others = other.messages.length;
    await received(other, others + 5);
    expect(client.messages.length).toBeLessThanOrEqual(halted + 1);
    await post("resume", { symbol: "BTCUSDT" });
    expect(await statusOf()).toBe("TRADING");
    await received(client, halted + 4);
    for (const [i, diff] of client.messages.slice(1).entries()) {
      expect(diff.U).toBe(client.messages[i].u + 1);
    }
  });

  test("announce-shutdown tells every connection, raw and combined", async () => {
    using raw = await RawClient.open(sim, "/ws");
    using combined = await RawClient.open(sim, "/stream");
    await post("announce-shutdown");
    await eventually(() => raw.texts.length + combined.texts.length === 2, "both told");
    expect(raw.texts[0]).toMatch(/^\{"e":"serverShutdown","E":\d{13}\}$/);
    expect(combined.texts[0]).toMatch(
      /^\{"stream":"!serverShutdown","data":\{"e":"serverShutdown","E":\d{13}\}\}$/,
    );
  });

  test("shutdown closes every line and the port", async () => {
    using client = await depth();
    expect((await post("shutdown")).body).toEqual({ ok: true });
    await eventually(() => client.closed !== undefined, "the line to end");
    await expect(get(sim, "/api/v3/ping")).rejects.toThrow();
  });

  test("malformed control messages change nothing and say what is wrong", async () => {
    const wrong: [string, object][] = [
      ["halt", { symbol: "NOPE" }],
      ["refuse", { status: 500 }],
      ["stall", { durationMs: -1 }],
      ["slow", {}],
      ["close", { code: 1 }],
    ];
    for (const [action, body] of wrong) {
      const answer = await post(action, body);
      expect([action, answer.status, answer.body.ok]).toEqual([action, 400, false]);
    }
    expect(sim.control.status()).toMatchObject({
      halted: [],
      faults: { refusal: null, restDelayMs: 0 },
    });
  });

  test("status tells connections, subscriptions, counters and source", async () => {
    using client = await RawClient.open(sim, "/stream?streams=btcusdt@depth@100ms/ethusdt@trade");
    await received(client, 2);
    const { body } = await get(sim, "/control/status");
    expect(body.source).toMatchObject({ source: "synthetic", state: "running" });
    expect(body.connections).toMatchObject([
      { combined: true, streams: ["btcusdt@depth@100ms", "ethusdt@trade"], stalled: false },
    ]);
    expect(body.messagesTold).toBeGreaterThanOrEqual(2);
  });
});

test("without CONTROL=on the control endpoint does not exist", async () => {
  const closed = await startMarketSim({ symbols: ["BTCUSDT"] });
  try {
    expect((await fetch(`${closed.url}/control/status`)).status).toBe(404);
  } finally {
    await closed.close();
  }
});
