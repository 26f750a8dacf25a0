import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type MarketSim, startMarketSim } from "../src/start-market-sim.ts";
import { eventually, get, type Json } from "./book-client.ts";

let sim: MarketSim;
beforeAll(async () => {
  sim = await startMarketSim({ symbols: ["BTCUSDT", "BNBUSDT"], seed: "rest" });
});
afterAll(() => sim.close());

const EIGHT_DECIMALS = /^\d+\.\d{8}$/;

test.each([
  ["depth", 400, -1102],
  ["depth?symbol=", 400, -1102],
  ["depth?symbol=NOPEUSDT", 400, -1121],
  ["depth?symbol=btcusdt", 400, -1100],
  ["depth?symbol=BTCUSDT&limit=ten", 400, -1100],
  ["depth?symbol=BTCUSDT&limit=0", 400, -1100],
  ["depth?symbol=BTCUSDT&level=3", 400, -1101],
  ["ping?x=1", 400, -1101],
  ["klines?symbol=BTCUSDT", 400, -1102],
  ["klines?symbol=BTCUSDT&interval=7m", 400, -1120],
  ["klines?symbol=BTCUSDT&interval=1m&startTime=-5", 400, -1100],
  ["aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", 400, -1128],
  ['exchangeInfo?symbols=["BTCUSDT","NOPE"]', 400, -1121],
  ["exchangeInfo?symbols=BTCUSDT", 400, -1100],
  ["ticker/24hr?symbol=NOPE", 400, -1121],
])("GET %s is refused with HTTP %i and code %i", async (path, status, code) => {
  const answer = await get(sim, `/api/v3/${path}`);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(typeof answer.body.msg).toBe("string");
});

test("depth has the wire's form: limits obeyed, 8 decimals, best first, weight told", async () => {
  const { body, headers } = await get(sim, "/api/v3/depth?symbol=BTCUSDT&limit=1000");
  expect(Object.keys(body)).toEqual(["lastUpdateId", "bids", "asks"]);
  expect([body.bids.length, body.asks.length]).toEqual([1000, 1000]);
  for (const side of [body.bids, body.asks]) {
    for (const text of side.flat()) expect(text).toMatch(EIGHT_DECIMALS);
  }
  const prices = body.bids.map(([price]: [string]) => Number(price));
  expect(prices).toEqual(prices.toSorted((a: number, b: number) => b - a));
  expect(Number(body.bids[0][0])).toBeLessThan(Number(body.asks[0][0]));
  expect(Number(headers.get("x-mbx-used-weight-1m"))).toBeGreaterThanOrEqual(50);
  expect((await get(sim, "/api/v3/depth?symbol=BTCUSDT")).body.bids).toHaveLength(100);
  expect(
    (await get(sim, "/api/v3/depth?symbol=BTCUSDT&limit=99999")).body.bids.length,
  ).toBeGreaterThan(1000);
});

test("exchangeInfo carries the modern filters; one symbol, a list, or all", async () => {
  const one = (await get(sim, "/api/v3/exchangeInfo?symbol=BNBUSDT")).body;
  expect(Object.keys(one)).toEqual([
    "timezone",
    "serverTime",
    "rateLimits",
    "exchangeFilters",
    "symbols",
  ]);
  expect(one.symbols[0].filters.map((filter: Json) => filter.filterType)).toEqual([
    "PRICE_FILTER",
    "LOT_SIZE",
    "ICEBERG_PARTS",
    "MARKET_LOT_SIZE",
    "TRAILING_DELTA",
    "PERCENT_PRICE_BY_SIDE",
    "NOTIONAL",
    "MAX_NUM_ORDERS",
    "MAX_NUM_ALGO_ORDERS",
    "MAX_POSITION",
  ]);
  expect(one.symbols[0]).toMatchObject({ baseAsset: "BNB", quoteAsset: "USDT", status: "TRADING" });
  const list = (await get(sim, '/api/v3/exchangeInfo?symbols=["BTCUSDT"]')).body;
  expect(list.symbols.map((symbol: Json) => symbol.symbol)).toEqual(["BTCUSDT"]);
  expect((await get(sim, "/api/v3/exchangeInfo")).body.symbols).toHaveLength(2);
});

test("klines have 12 fields and select by time and limit", async () => {
  const { body } = await get(sim, "/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=10");
  expect(body).toHaveLength(10);
  for (const kline of body) {
    expect(kline).toHaveLength(12);
    expect(kline[6] - kline[0]).toBe(299_999);
    for (const i of [1, 2, 3, 4, 5, 7, 9, 10]) expect(kline[i]).toMatch(EIGHT_DECIMALS);
  }
  const from = body[2][0];
  const to = body[5][0];
  const part = await get(
    sim,
    `/api/v3/klines?symbol=BTCUSDT&interval=5m&startTime=${from}&endTime=${to}`,
  );
  expect(part.body).toEqual(body.slice(2, 6));
});

test("the day's ticker, trades and aggregates agree with each other", async () => {
  const trades = (await get(sim, "/api/v3/trades?symbol=BTCUSDT&limit=1000")).body;
  const aggregates = (await get(sim, "/api/v3/aggTrades?symbol=BTCUSDT&limit=1000")).body;
  expect(Object.keys(trades[0])).toEqual([
    "id",
    "price",
    "qty",
    "quoteQty",
    "time",
    "isBuyerMaker",
    "isBestMatch",
  ]);
  expect(Object.keys(aggregates[0])).toEqual(["a", "p", "q", "f", "l", "T", "m", "M"]);
  for (const [i, aggregate] of aggregates.slice(1).entries()) {
    expect([aggregate.a, aggregate.f]).toEqual([aggregates[i].a + 1, aggregates[i].l + 1]);
  }
  const last = aggregates.at(-1);
  const parts = trades.filter((trade: Json) => trade.id >= last.f && trade.id <= last.l);
  const sum = parts.reduce((total: number, trade: Json) => total + Number(trade.qty), 0);
  expect(sum).toBeCloseTo(Number(last.q), 8);
  const from = await get(sim, `/api/v3/aggTrades?symbol=BTCUSDT&fromId=${last.a}&limit=1`);
  expect(from.body).toEqual([last]);
  const day = (await get(sim, "/api/v3/ticker/24hr?symbol=BTCUSDT")).body;
  expect(day.lastId).toBeGreaterThanOrEqual(trades.at(-1).id);
  expect(day.lastId - day.firstId + 1).toBe(day.count);
  expect(Number(day.lowPrice)).toBeLessThanOrEqual(Number(day.lastPrice));
  expect(Number(day.lastPrice) - Number(day.openPrice)).toBeCloseTo(Number(day.priceChange), 6);
  expect((await get(sim, "/api/v3/ticker/24hr")).body).toHaveLength(2);
});

test("a request budget that is used up is answered with 429 and Retry-After", async () => {
  const strict = await startMarketSim({
    symbols: ["BTCUSDT"],
    limits: { restWeightPerMinuteMax: 100 },
  });
  try {
    let answer = await get(strict, "/api/v3/ping");
    await eventually(() => new Date().getSeconds() < 58, "a minute that lasts");
    for (let i = 0; i < 3; i++)
      answer = await get(strict, "/api/v3/depth?symbol=BTCUSDT&limit=1000");
    expect([answer.status, answer.body.code]).toEqual([429, -1003]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  } finally {
    await strict.close();
  }
});

test("a symbol without a preset is refused at start, a taken port too", async () => {
  await expect(startMarketSim({ symbols: ["NOPEUSDT"] })).rejects.toThrow(
    'No preset for "NOPEUSDT"',
  );
  await expect(startMarketSim({ symbols: ["BTCUSDT"], port: sim.port })).rejects.toThrow(
    "EADDRINUSE",
  );
});
