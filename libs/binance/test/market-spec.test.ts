import { beforeAll, describe, expect, test } from "@jest/globals";
import type { MarketSpec } from "@mirrorbook/book";
import { readMarketData, recordingsExist } from "@mirrorbook/testkit";
import { parseExchangeInfo } from "../src/index.ts";

const describeRecorded = recordingsExist ? describe : describe.skip;

describeRecorded("recorded exchangeInfo (needs shared/market-data)", () => {
  let before: ReadonlyMap<string, MarketSpec>;
  let now: ReadonlyMap<string, MarketSpec>;
  beforeAll(() => {
    before = specsOf(readRecorded("exchange-info-2021-10-12.json.gz"));
    now = specsOf(readRecorded("exchange-info-2025-08-07-25-symbols.json"));
  });

  test("every symbol is read, whatever its filters", () => {
    expect([before.size, now.size]).toEqual([1695, 25]);
    for (const spec of [...before.values(), ...now.values()]) {
      expect(spec.priceDecimals).toBeGreaterThanOrEqual(0);
      expect(spec.priceDecimals).toBeLessThanOrEqual(8);
      expect(spec.sizeDecimals).toBeLessThanOrEqual(8);
      expect(spec.rules.price.tick).not.toBeNull();
      expect(spec.rules.lot.step).not.toBeNull();
      expect(spec.rules.notional.min).not.toBeNull();
      expect(spec.rules.maxNumOrders).toBe(200);
    }
    const statuses = [...before.values(), ...now.values()].map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(["TRADING", "BREAK"]));
  });

  test("a market of 2025, with NOTIONAL and PERCENT_PRICE_BY_SIDE", () => {
    expect(now.get("BTCUSDT")).toEqual({
      symbol: "BTCUSDT",
      pair: "SIM_BTC/SIM_USD",
      base: "SIM_BTC",
      quote: "SIM_USD",
      priceDecimals: 2,
      sizeDecimals: 7,
      status: "TRADING",
      rules: {
        price: { min: "0.01000000", max: "1000000.00000000", tick: "0.01000000" },
        lot: { min: "0.00001000", max: "9000.00000000", step: "0.00001000" },
        marketLot: { min: null, max: expect.stringMatching(/^\d+\.\d{8}$/), step: null },
        notional: {
          min: "5.00000000",
          applyMinToMarket: true,
          max: "9000000.00000000",
          applyMaxToMarket: false,
          avgPriceMins: 5,
        },
        percentPrice: {
          bidUp: "5",
          bidDown: "0.2",
          askUp: "5",
          askDown: "0.2",
          avgPriceMins: 5,
        },
        trailingBps: { min: 10, max: 2000 },
        maxNumOrders: 200,
        maxNumAlgoOrders: 5,
        maxPosition: null,
      },
    });
  });

  test("the same market in 2021, with MIN_NOTIONAL and PERCENT_PRICE", () => {
    const { rules, sizeDecimals } = before.get("BTCUSDT")!;
    expect(sizeDecimals).toBe(7);
    expect(rules.notional).toEqual({
      min: "10.00000000",
      applyMinToMarket: true,
      max: null,
      applyMaxToMarket: false,
      avgPriceMins: 5,
    });
    expect(rules.percentPrice).toEqual({
      bidUp: "5",
      bidDown: "0.2",
      askUp: "5",
      askDown: "0.2",
      avgPriceMins: 5,
    });
    expect(rules.trailingBps).toEqual({ min: null, max: null });
  });

  test.each([
    ["LRCBTC", 8, 2, "SIM_LRC/SIM_BTC"],
    ["RUNEEUR", 3, 3, "SIM_RUNE/SIM_EUR"],
    ["ETHUSDT", 2, 6, "SIM_ETH/SIM_USD"],
  ])("%s has %d price and %d size decimals and is %s", (symbol, price, size, pair) => {
    const spec = before.get(symbol)!;
    expect([spec.priceDecimals, spec.sizeDecimals, spec.pair]).toEqual([price, size, pair]);
  });

  test("MAX_POSITION is read where a symbol has it", () => {
    const limited = [...before.values()].filter(({ rules }) => rules.maxPosition !== null);
    expect(limited.length).toBeGreaterThan(0);
  });
});

const SYMBOL = { symbol: "ABUSDT", status: "TRADING", baseAsset: "AB", quoteAsset: "USDT" };

test("unknown filters and fields are ignored, missing filters switch their rules off", () => {
  const filters = [{ filterType: "MAX_NUM_ICEBERG_ORDERS", maxNumIcebergOrders: 5 }];
  const spec = specsOf({ symbols: [{ ...SYMBOL, filters, novelty: true }], more: 1 }).get(
    "ABUSDT",
  )!;
  expect(spec.rules.price).toEqual({ min: null, max: null, tick: null });
  expect(spec.rules.notional.min).toBeNull();
  expect([spec.priceDecimals, spec.sizeDecimals]).toEqual([8, 8]);
});

test("bounds that differ above and below the market are narrowed to what satisfies both", () => {
  const filters = [
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: 10,
      maxTrailingAboveDelta: 2000,
      minTrailingBelowDelta: 20,
      maxTrailingBelowDelta: 1000,
    },
  ];
  const spec = specsOf({ symbols: [{ ...SYMBOL, filters }] }).get("ABUSDT")!;
  expect(spec.rules.trailingBps).toEqual({ min: 20, max: 1000 });
});

test.each([["text"], [null], [{}], [{ symbols: [{ symbol: "X" }] }]])(
  "%j is malformed, with a reason",
  (body) => {
    expect(parseExchangeInfo(body)).toEqual({ kind: "malformed", reason: expect.any(String) });
  },
);

function readRecorded(name: string): unknown {
  return JSON.parse(readMarketData(name));
}

function specsOf(body: unknown): ReadonlyMap<string, MarketSpec> {
  const parsed = parseExchangeInfo(body);
  if (parsed.kind !== "markets") throw new Error(parsed.reason);
  return parsed.specs;
}
