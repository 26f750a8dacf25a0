import { once } from "node:events";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { freePort, temporaryFolder } from "@mirrorbook/testkit";
import { quickEnds, restartDelayMs } from "../src/back-off.ts";
import { readConfig } from "../src/config.ts";
import { chooseMarket, probeBinance } from "../src/market.ts";
import { choosePorts, isPortFree } from "../src/ports.ts";
import { holdFolder } from "../src/runner-lock.ts";
import { keptSecret } from "../src/secret.ts";
import { summaryText } from "../src/summary.ts";

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the market", () => {
  const addresses = { BINANCE_REST_URL: "http://rest", BINANCE_WS_URL: "ws://streams" };
  const reachable = async () => null;
  const unreachable = async () => "no way out";

  test.each([
    ["auto", reachable, "binance", /can be reached/],
    ["auto", unreachable, "simulated", /no way out/],
    ["binance", unreachable, "binance", /MARKET=binance/],
    ["simulated", reachable, "simulated", /MARKET=simulated/],
  ] as const)("MARKET=%s with %p is %s", async (MARKET, probe, source, reason) => {
    const choice = await chooseMarket({ MARKET, ...addresses }, probe);
    expect(choice.source).toBe(source);
    expect(choice.reason).toMatch(reason);
  });

  test("the probe tells a blocked country, a closed port and missing streams apart", async () => {
    await using blocked = await serve((_, response) => response.writeHead(451).end());
    await using restOnly = await serve((_, response) => response.end("{}"));
    const probe = (port: number) =>
      probeBinance({
        MARKET: "auto",
        BINANCE_REST_URL: `http://127.0.0.1:${port}`,
        BINANCE_WS_URL: `ws://127.0.0.1:${port}`,
      });
    expect(await probe(blocked.port)).toMatch(/answers 451$/);
    expect(await probe(await freePort())).toMatch(/ECONNREFUSED/);
    expect(await probe(restOnly.port)).toMatch(/accepts no stream connection$/);
  });
});

describe("ports", () => {
  test("the next free ones are taken", async () => {
    const taken = new Set([3000, 3002]);
    const isFree = async (port: number) => !taken.has(port);
    expect(await choosePorts(3000, 2, isFree)).toEqual([3001, 3003]);
    await expect(choosePorts(3000, 2, async () => false)).rejects.toThrow("No 2 free ports");
    expect(await choosePorts(65_535, 1, isFree)).toEqual([65_535]);
  });

  test("a port somebody listens on is not free", async () => {
    await using server = await serve((_, response) => response.end());
    expect(await isPortFree(server.port)).toBe(false);
    expect(await isPortFree(await freePort())).toBe(true);
  });
});

test("a program is started again after ever longer pauses, until it has lived for a while", () => {
  let ends = 0;
  const pauses = Array.from({ length: 9 }, () => {
    ends = quickEnds(ends, 1_000);
    return restartDelayMs(ends);
  });
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  expect(restartDelayMs(quickEnds(ends, 60_000))).toBe(250);
});

test("the secret is made once and is for its owner only", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "deep", "jwt-secret");
  const secret = await keptSecret(file);
  expect(secret.length).toBeGreaterThanOrEqual(64);
  expect(await keptSecret(file)).toBe(secret);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await keptSecret(join(folder.path, "other"))).not.toBe(secret);
});

describe("a data folder", () => {
  test("is held by one runner, and given free again", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "runner.pid");
    const release = await holdFolder(file);
    expect(await readFile(file, "utf8")).toBe(String(process.pid));
    await release();
    await (await holdFolder(file))();
  });

  test("is taken over from a runner that is gone", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "runner.pid");
    await mkdir(folder.path, { recursive: true });
    await writeFile(file, "4194304"); // One more than Linux ever gives out.
    await holdFolder(file);
    expect(await readFile(file, "utf8")).toBe(String(process.pid));
  });
});

test("a wrong setting is named; empty ones count as absent", () => {
  expect(() => readConfig({ PORT: "no" })).toThrow(/PORT/);
  expect(() => readConfig({ MARKET: "moon" })).toThrow(/MARKET/);
  const config = readConfig({ REDIS_URL: "", SYMBOLS: "BTCUSDT", LOG_LEVEL: "debug" });
  expect(config).toMatchObject({ SYMBOLS: "BTCUSDT", PORT: 3000 });
  expect(config.REDIS_URL).toBeUndefined();
  expect(config.environment).toEqual({ SYMBOLS: "BTCUSDT", LOG_LEVEL: "debug" });
});

test("the summary says what to open, which market and why, and how to stop", () => {
  const text = summaryText({
    tookMs: 4_210,
    gatewayPorts: [3000, 3001],
    market: { source: "simulated", reason: "no way out" },
    symbols: ["BTCUSDT"],
    running: ["redis :6390", "leader-1 :9200"],
    redis: "started here",
    dataFolder: ".data",
  });
  for (const part of [
    "http://localhost:3000",
    "http://localhost:3001",
    "SIMULATED, no real prices: no way out",
    "Ctrl-C",
    "4.2 s",
  ]) {
    expect(text).toContain(part);
  }
});
