import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type MarketSim, startMarketSim } from "../src/start-market-sim.ts";
import { eventually, type Json } from "./book-client.ts";

/** The very library that talks to Binance in production; its types are of another module format. */
const Binance = createRequire(import.meta.url)("binance-api-node").default;

let sim: MarketSim;
let client: Json;
const stops: ((options?: object) => void)[] = [];

beforeAll(async () => {
  sim = await startMarketSim({ symbols: ["BTCUSDT", "ETHUSDT"], seed: "library" });
  client = Binance({ httpBase: sim.url, wsBase: sim.wsUrl });
});
afterAll(async () => {
  for (const stop of stops) stop({ delay: 0, fastClose: true, keepClosed: true });
  await sim.close();
});

/** Collects what a subscription of the library delivers. */
async function collect(
  subscribe: (keep: (message: Json) => void) => () => void,
  count: number,
): Promise<Json[]> {
  const kept: Json[] = [];
  stops.push(subscribe((message) => kept.push(message)));
  await eventually(() => kept.length >= count, `${count} messages through the library`);
  return kept;
}

test("REST: ping, time, exchangeInfo, book, candles, dailyStats, trades, aggTrades", async () => {
  expect(await client.ping()).toBe(true);
  expect(Math.abs((await client.time()) - Date.now())).toBeLessThan(5_000);
  const info = await client.exchangeInfo();
  expect(info.symbols.map((symbol: Json) => symbol.symbol)).toEqual(["BTCUSDT", "ETHUSDT"]);
  const book = await client.book({ symbol: "BTCUSDT", limit: 20 });
  expect([book.bids.length, book.asks.length]).toEqual([20, 20]);
  expect(Number.isSafeInteger(book.lastUpdateId)).toBe(true);
  expect(Number(book.bids[0].price)).toBeLessThan(Number(book.asks[0].price));
  const candles = await client.candles({ symbol: "BTCUSDT", interval: "1h", limit: 24 });
  expect(candles).toHaveLength(24);
  const stats = await client.dailyStats({ symbol: "ETHUSDT" });
  expect(stats).toMatchObject({ symbol: "ETHUSDT" });
  expect((await client.trades({ symbol: "BTCUSDT", limit: 5 })).length).toBeGreaterThan(0);
  expect((await client.aggTrades({ symbol: "BTCUSDT", limit: 5 })).length).toBeGreaterThan(0);
});

test("REST refusals arrive with Binance's code and text", async () => {
  await expect(client.book({ symbol: "NOPE" })).rejects.toMatchObject({
    code: -1121,
    message: "Invalid symbol.",
  });
  sim.control.refuse({ status: 429, target: "rest", requests: 1 });
  await expect(client.ping()).rejects.toMatchObject({ code: -1003 });
});

test("ws.depth follows the book", async () => {
  const diffs = await collect((keep) => client.ws.depth("BTCUSDT@100ms", keep), 4);
  for (const [i, diff] of diffs.slice(1).entries()) {
    expect(diff.firstUpdateId).toBe(diffs[i].finalUpdateId + 1);
    expect(diff).toMatchObject({ eventType: "depthUpdate", symbol: "BTCUSDT" });
  }
});

test("ws.trades, ws.aggTrades, ws.bookTicker, ws.ticker, ws.miniTicker and ws.candles deliver", async () => {
  const [trades, aggregates, best, tickers, minis, candles] = await Promise.all([
    collect((keep) => client.ws.trades(["BTCUSDT"], keep), 2),
    collect((keep) => client.ws.aggTrades(["BTCUSDT"], keep), 1),
    collect((keep) => client.ws.bookTicker("BTCUSDT", keep), 2),
    collect((keep) => client.ws.ticker("BTCUSDT", keep), 1),
    collect((keep) => client.ws.miniTicker("BTCUSDT", keep), 1),
    collect((keep) => client.ws.candles("BTCUSDT", "1m", keep), 1),
  ]);
  expect(trades[1].tradeId).toBe(trades[0].tradeId + 1);
  expect(aggregates[0].firstId).toBeLessThanOrEqual(aggregates[0].lastId);
  expect(Number(best[0].bestBid)).toBeLessThan(Number(best[0].bestAsk));
  expect(tickers[0].curDayClose).toMatch(/^\d+\.\d{8}$/);
  expect(minis[0].symbol).toBe("BTCUSDT");
  expect(candles[0]).toMatchObject({ interval: "1m", isFinal: false });
});

test("ws.customSubStream delivers raw payloads of any stream", async () => {
  const [first] = await collect(
    (keep) => client.ws.customSubStream("ethusdt@depth@100ms", keep),
    1,
  );
  expect(Object.keys(first)).toEqual(["e", "E", "s", "U", "u", "b", "a"]);
});
