/** One row per filter: what breaks it, and that the refusal names the rule, the limit and the value. */
import { describe, expect, test } from "@jest/globals";
import type { MarketRules } from "@mirrorbook/book";
import type { NewOrder } from "@mirrorbook/protocol";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import { World } from "./world.ts";

const limit = (price: string, quantity: string, side: "buy" | "sell" = "buy") =>
  ({ type: "limit", price, quantity, side }) as const;
const stop = (stopPrice: string) =>
  ({ type: "stop", side: "buy", stopPrice, quantity: "1" }) as const;
const trailing = (trailingBps: number) =>
  ({ type: "trailing_stop", side: "sell", trailingBps, quantity: "1" }) as const;

function worldWith(rules: Partial<MarketRules>): World {
  const world = new World({ spec: marketSpec({ rules: { ...OPEN_RULES, ...rules } }) });
  world.snapshot([[99, 50]], [[101, 50]]);
  world.trade(100, 0.1, "buy");
  world.send({ type: "account:deposit", account: "main", asset: "SIM_BTC", amount: "20" });
  return world;
}

const oco = {
  type: "order:place_oco",
  account: "main",
  symbol: "BTCUSDT",
  side: "sell",
  quantity: "1",
  price: "110",
  stopPrice: "95",
  stopLimitPrice: null,
} as const;

const off = { min: null, max: null } as const;
const noNotional = OPEN_RULES.notional;
const noBand = OPEN_RULES.percentPrice;

type Row = [
  name: string,
  rules: Partial<MarketRules>,
  kept: Partial<NewOrder>,
  broken: Partial<NewOrder>,
  code: string,
  details: object,
];

const ROWS: Row[] = [
  [
    "F1 PRICE_FILTER minPrice",
    { price: { min: "50", max: null, tick: null } },
    limit("50", "1"),
    limit("49.99", "1"),
    "PRICE_FILTER",
    { rule: "PRICE_FILTER.minPrice", limit: "50.00", value: "49.99" },
  ],
  [
    "F2 PRICE_FILTER maxPrice",
    { price: { min: null, max: "150", tick: null } },
    limit("150", "1", "sell"),
    limit("150.01", "1", "sell"),
    "PRICE_FILTER",
    { rule: "PRICE_FILTER.maxPrice", limit: "150.00", value: "150.01" },
  ],
  [
    "F3 PRICE_FILTER tickSize",
    { price: { ...off, tick: "0.05" } },
    limit("98.05", "1"),
    limit("98.06", "1"),
    "PRICE_FILTER",
    { rule: "PRICE_FILTER.tickSize", limit: "0.05", value: "98.06" },
  ],
  [
    "F4 PRICE_FILTER holds for stop prices",
    { price: { ...off, tick: "0.05" } },
    stop("105.05"),
    stop("105.06"),
    "PRICE_FILTER",
    { rule: "PRICE_FILTER.tickSize", value: "105.06" },
  ],
  [
    "F5 a price finer than the market's decimals",
    {},
    limit("98.01", "1"),
    limit("98.001", "1"),
    "PRICE_FILTER",
    { rule: "PRICE_FILTER.tickSize", value: "98.001" },
  ],
  [
    "F6 LOT_SIZE minQty",
    { lot: { min: "0.5", max: null, step: null } },
    limit("98", "0.5"),
    limit("98", "0.4"),
    "LOT_SIZE",
    { rule: "LOT_SIZE.minQty", limit: "0.5", value: "0.4" },
  ],
  [
    "F7 LOT_SIZE maxQty",
    { lot: { min: null, max: "5", step: null } },
    limit("98", "5"),
    limit("98", "5.1"),
    "LOT_SIZE",
    { rule: "LOT_SIZE.maxQty", limit: "5", value: "5.1" },
  ],
  [
    "F8 LOT_SIZE stepSize",
    { lot: { ...off, step: "0.01" } },
    limit("98", "0.02"),
    limit("98", "0.025"),
    "LOT_SIZE",
    { rule: "LOT_SIZE.stepSize", limit: "0.01", value: "0.025" },
  ],
  [
    "F9 MARKET_LOT_SIZE holds for market orders",
    { marketLot: { min: null, max: "3", step: null } },
    { quantity: "3" },
    { quantity: "4" },
    "MARKET_LOT_SIZE",
    { rule: "MARKET_LOT_SIZE.maxQty", limit: "3", value: "4" },
  ],
  [
    "F10 MARKET_LOT_SIZE holds for what a quote amount comes to",
    { marketLot: { min: null, max: "3", step: null } },
    { quoteQuantity: "303" },
    { quoteQuantity: "404" },
    "MARKET_LOT_SIZE",
    { rule: "MARKET_LOT_SIZE.maxQty", limit: "3", value: "4" },
  ],
  [
    "F11 NOTIONAL minNotional of a limit order is at its price",
    { notional: { ...noNotional, min: "50" } },
    limit("98", "0.6"),
    limit("98", "0.5"),
    "NOTIONAL",
    { rule: "NOTIONAL.minNotional", limit: "50", value: "49" },
  ],
  [
    "F12 NOTIONAL minNotional of a market order is at the last trade, if it applies",
    { notional: { ...noNotional, min: "50", applyMinToMarket: true } },
    { quantity: "0.5" },
    { quantity: "0.49" },
    "NOTIONAL",
    { rule: "NOTIONAL.minNotional", limit: "50", value: "49" },
  ],
  [
    "F13 NOTIONAL maxNotional",
    { notional: { ...noNotional, max: "500" } },
    limit("98", "5"),
    limit("98", "6"),
    "NOTIONAL",
    { rule: "NOTIONAL.maxNotional", limit: "500", value: "588" },
  ],
  [
    "F14 PERCENT_PRICE upper band of buys",
    { percentPrice: { ...noBand, bidUp: "1.05" } },
    limit("105", "1"),
    limit("105.01", "1"),
    "PERCENT_PRICE",
    { rule: "PERCENT_PRICE.multiplierUp", limit: "105", value: "105.01" },
  ],
  [
    "F15 PERCENT_PRICE lower band of sells",
    { percentPrice: { ...noBand, askDown: "0.9" } },
    limit("90", "1", "sell"),
    limit("89.99", "1", "sell"),
    "PERCENT_PRICE",
    { rule: "PERCENT_PRICE.multiplierDown", limit: "90", value: "89.99" },
  ],
  [
    "F16 TRAILING_DELTA minimum",
    { trailingBps: { min: 10, max: 2_000 } },
    trailing(10),
    trailing(9),
    "TRAILING_DELTA",
    { rule: "TRAILING_DELTA.min", limit: "10", value: "9" },
  ],
  [
    "F17 TRAILING_DELTA maximum",
    { trailingBps: { min: 10, max: 2_000 } },
    trailing(2_000),
    trailing(2_001),
    "TRAILING_DELTA",
    { rule: "TRAILING_DELTA.max", limit: "2000", value: "2001" },
  ],
  [
    "F18 MAX_POSITION counts what is owned and what would be bought",
    { maxPosition: "25" },
    limit("98", "5"),
    limit("98", "5.5"),
    "MAX_POSITION",
    { rule: "MAX_POSITION", limit: "25", value: "25.5" },
  ],
];

describe("filters", () => {
  test.each(ROWS)("%s", (_, rules, kept, broken, code, details) => {
    expect(worldWith(rules).place(kept)).toMatchObject({ ok: true });
    const world = worldWith(rules);
    const before = world.stored.get("alice")!.fields["balance/main/SIM_USD"];
    expect(world.place(broken)).toMatchObject({ ok: false, error: { code, details } });
    expect(world.events).toMatchObject([["order:rejected", { reason: code }]]);
    expect(world.stored.get("alice")!.fields["balance/main/SIM_USD"]).toBe(before);
  });

  test("F19 MAX_NUM_ORDERS counts the open orders of one market", () => {
    const world = worldWith({ maxNumOrders: 2 });
    world.placed(limit("98", "1"));
    world.placed(stop("105"));
    expect(world.place(limit("97", "1"))).toMatchObject({
      ok: false,
      error: {
        code: "MAX_NUM_ORDERS",
        details: { rule: "MAX_NUM_ORDERS", limit: "2", value: "3" },
      },
    });
    expect(world.place({ quantity: "1" })).toMatchObject({ ok: true });
  });

  /** Each leg was checked as if it came alone, so an OCO got in as one order too many. */
  test.each<[string, Partial<MarketRules>, number, boolean]>([
    ["F35 an OCO counts as two orders", { maxNumOrders: 3 }, 1, true],
    ["F36 an OCO is refused where only one order fits", { maxNumOrders: 3 }, 2, false],
    ["F37 an OCO counts as one conditional order", { maxNumAlgoOrders: 1 }, 3, true],
  ])("%s", (_, rules, open, fits) => {
    const world = worldWith(rules);
    for (let i = 0; i < open; i++) world.placed(limit("98", "1"));
    expect(world.send(oco)).toMatchObject(
      fits
        ? { ok: true }
        : { ok: false, error: { code: "MAX_NUM_ORDERS", details: { value: "4" } } },
    );
  });

  /** A quote amount has no quantity to check before the walk, and was not checked after it. */
  test("F38 MAX_POSITION counts what a quote amount would buy", () => {
    const world = worldWith({ maxPosition: "25" });
    expect(world.place({ quoteQuantity: "505.10" })).toMatchObject({
      ok: false,
      error: { code: "MAX_POSITION", details: { limit: "25", value: "25.0009" } },
    });
    expect(world.place({ quoteQuantity: "505" })).toMatchObject({ ok: true });
  });

  test("F20 MAX_NUM_ALGO_ORDERS counts conditional orders only", () => {
    const world = worldWith({ maxNumAlgoOrders: 1 });
    world.placed(stop("105"));
    expect(world.place(stop("106"))).toMatchObject({
      ok: false,
      error: { code: "MAX_NUM_ORDERS", details: { rule: "MAX_NUM_ALGO_ORDERS", limit: "1" } },
    });
    expect(world.place(limit("97", "1"))).toMatchObject({ ok: true });
  });

  test("F21 a user has at most 500 open orders, whatever the market allows", () => {
    const world = worldWith({});
    for (let i = 0; i < 500; i++) world.placed(limit("90", "0.1"));
    expect(world.place(limit("90", "0.1"))).toMatchObject({
      ok: false,
      error: {
        code: "MAX_NUM_ORDERS",
        details: { rule: "OPEN_ORDERS_MAX", limit: "500", value: "501" },
      },
    });
  });

  test.each([
    ["F22 a size beyond all bounds", limit("98", "99999999999999999999"), "LOT_SIZE"],
    ["F23 a price beyond all bounds", limit("99999999999999999999", "1"), "PRICE_FILTER"],
    ["F24 no amount", { quantity: null }, "BAD_REQUEST"],
    ["F25 both amounts", { quantity: "1", quoteQuantity: "1" }, "BAD_REQUEST"],
    ["F26 zero", { quantity: "0.0000" }, "BAD_REQUEST"],
    ["F27 a stop without its price", { type: "stop", quantity: "1" } as const, "BAD_REQUEST"],
  ])("%s is refused and harms nothing", (_, order, code) => {
    expect(worldWith({}).place(order)).toMatchObject({ ok: false, error: { code } });
  });

  test("F28 an unknown market or account makes no order: nothing is recorded but the answer", () => {
    const world = worldWith({});
    expect(world.place({ symbol: "DOGEUSDT", quantity: "1" })).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_MARKET" },
    });
    expect(world.events).toEqual([]);
    expect(world.place({ account: "room-9", quantity: "1" })).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_ACCOUNT" },
    });
    expect(world.events).toEqual([]);
  });
});
