/** What operators and tools see: health, metrics, documents, the page and its headers, logs. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually, type TemporaryFolder, temporaryFolder } from "@mirrorbook/testkit";
import { createLogger } from "../src/logger.ts";
import { startExchange, type TestExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "50" };
let exchange: TestExchange;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, "assets"));
  await writeFile(join(folder.path, "index.html"), "<!doctype html><title>Mirrorbook</title>");
  await writeFile(join(folder.path, "assets", "app-1a2b.js"), "export {};");
  exchange = await startExchange({
    settings: { PAGE_DIR: folder.path, ALLOWED_ORIGINS: "https://app.example" },
  });
});
afterAll(async () => {
  await exchange[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(exchange.url() + path, { headers });

test("health names the leader, Redis and each market's feed", async () => {
  expect(await callRest(exchange.url(), "GET", "health")).toEqual({
    status: 200,
    body: {
      status: "ok",
      node: "gateway-1",
      leader: "leader-1",
      redis: "ready",
      feed: { BTCUSDT: "live", ETHUSDT: "live" },
    },
  });
  expect((await get("/readyz")).status).toBe(200);
});

test("metrics tell of connections by dialect and transport, deliveries and commands", async () => {
  const client = await exchange.client("alice");
  await client.book("BTCUSDT");
  await client.place(BUY);
  await using plain = await PlainClient.connect(
    `${exchange.url().replace("http", "ws")}/ws/trades`,
  );
  await plain.heard("welcome");
  await eventually(async () => {
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const value = (line: RegExp) => Number(line.exec(text)?.[1]);
    expect(value(/connections\{dialect="events",transport="websocket"\} (\d+)/)).toBe(1);
    expect(value(/connections\{dialect="streams",transport="plain"\} (\d+)/)).toBe(1);
    expect(
      value(/messages_sent_total\{dialect="events",transport="websocket"\} (\d+)/),
    ).toBeGreaterThan(3);
    expect(
      value(/command_duration_seconds_count\{command="order:place",outcome="ok"\} (\d+)/),
    ).toBe(1);
    expect(value(/mirrorbook_gateway_ready (\d)/)).toBe(1);
    expect(value(/event_loop_delay_seconds\{quantile="0.99"\} ([\d.]+)/)).toBeGreaterThan(0);
    expect(text).not.toContain(client.session.user.id);
  });
  expect(await callRest(exchange.url(), "GET", "stats")).toMatchObject({
    status: 200,
    body: { node: "gateway-1", users: 1, rooms: expect.any(Number) },
  });
});

test("with a port of their own metrics are for those who reach it, not for clients", async () => {
  const { url, healthPort } = await exchange.gateway({ HEALTH_PORT: "0" });
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  const metrics = await fetch(`http://127.0.0.1:${healthPort}/metrics`);
  expect(await metrics.text()).toContain("mirrorbook_gateway_ready 1");
  const health = await fetch(`http://127.0.0.1:${healthPort}/healthz`);
  expect(await health.json()).toMatchObject({ node: "gateway-2", status: "ok" });
});

test("the page and its deep links are served, with a policy that lets nothing foreign in", async () => {
  for (const path of ["/", "/markets/BTC", "/portfolio"]) {
    const page = await get(path, { accept: "text/html" });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<title>Mirrorbook</title>");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const policy = page.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.has("x-powered-by")).toBe(false);
  }
  const asset = await get("/assets/app-1a2b.js");
  expect(asset.headers.get("cache-control")).toMatch(/immutable/);
  expect((await get("/assets/missing.js", { accept: "text/html" })).status).toBe(404);
  expect((await get("/..%2f..%2fetc/passwd", { accept: "text/html" })).status).not.toBe(500);
  expect(await (await get("/api/nothing", { accept: "text/html" })).json()).toMatchObject({
    status: 404,
    code: "NOT_FOUND",
  });
});

test("other pages read our answers only where they are allowed to", async () => {
  const allowed = await get("/api/health", { origin: "https://app.example" });
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
  const stranger = await get("/api/health", { origin: "https://evil.example" });
  expect(stranger.headers.has("access-control-allow-origin")).toBe(false);
  const preflight = await fetch(`${exchange.url()}/api/orders`, {
    method: "OPTIONS",
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");
});

test("problems are RFC 9457 documents with a code", async () => {
  const response = await get("/api/orders");
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(await response.json()).toEqual({
    type: "about:blank",
    title: "Unauthorized",
    status: 401,
    detail: expect.any(String),
    code: "UNAUTHORIZED",
    message: expect.any(String),
    retry: false,
  });
});

test("logs carry no tokens and no passwords", () => {
  const lines: string[] = [];
  const log = createLogger(
    { level: "info", node: "n" },
    { write: (line) => void lines.push(line) },
  );
  log.info({ token: "s3cret", body: { password: "s3cret", token: "s3cret" } }, "Logged in");
  log.info({ request: { headers: { authorization: "Bearer s3cret", cookie: "s3cret" } } }, "Asked");
  log.info({ handshake: { auth: { token: "s3cret" } } }, "Connected");
  expect(lines).toHaveLength(3);
  expect(lines.join()).not.toContain("s3cret");
});
