import { describe, expect, test } from "@jest/globals";
import { bookChecksum, MarketNames, PlaceOrder, rooms } from "../src/index.ts";

describe("names of a market", () => {
  const names = new MarketNames([
    { pair: "SIM_BTC/SIM_USD", symbol: "BTCUSDT", base: "SIM_BTC" },
    { pair: "SIM_ETH/SIM_USD", symbol: "ETHUSDT", base: "SIM_ETH" },
  ]);
  test.each([
    "SIM_BTC/SIM_USD",
    "BTCUSDT",
    "BTC/USDT",
    "BTC/USD",
    "BTC-USDT",
    "BTC",
    "btc",
    "sim_btc/sim_usd",
  ])("%s is BTCUSDT", (text) => expect(names.resolve(text)).toBe("BTCUSDT"));
  test.each(["DOGE", "", "BTC/EUR", "__proto__"])("%j is no market", (text) =>
    expect(names.resolve(text)).toBeUndefined(),
  );
});

describe("the shape of an order", () => {
  const market = { pair: "BTC", side: "buy", type: "market", quantity: "1" };
  test.each([
    ["market by quantity", market],
    ["market by quote amount", { ...market, quantity: undefined, quoteQuantity: "100" }],
    ["upper-case words and numbers", { ...market, side: "BUY", type: "MARKET", quantity: 0.5 }],
    ["limit", { ...market, type: "limit", price: "1" }],
    ["stop-limit", { ...market, type: "stop_limit", price: "1", stopPrice: "2" }],
    ["trailing stop", { ...market, type: "trailing_stop", trailingBps: 50 }],
    [
      "GTD limit",
      {
        ...market,
        type: "limit",
        price: "1",
        timeInForce: "GTD",
        expireAt: "2030-01-01T00:00:00Z",
      },
    ],
  ])("%s is taken", (_, order) => expect(PlaceOrder.safeParse(order).error).toBeUndefined());

  test.each([
    ["no amount", { ...market, quantity: undefined }],
    ["both amounts", { ...market, quoteQuantity: "1" }],
    ["zero", { ...market, quantity: "0.000" }],
    ["negative", { ...market, quantity: "-1" }],
    ["exponent", { ...market, quantity: "1e3" }],
    ["limit without price", { ...market, type: "limit" }],
    ["market with price", { ...market, price: "1" }],
    ["GTD without expireAt", { ...market, type: "limit", price: "1", timeInForce: "GTD" }],
    ["post-only market", { ...market, postOnly: true }],
    ["an unknown field", { ...market, userId: "mallory" }],
  ])("%s is refused", (_, order) => expect(PlaceOrder.safeParse(order).success).toBe(false));
});

test("no room name has the length of a socket id", () => {
  for (let length = 1; length <= 64; length++) {
    const id = "x".repeat(length);
    const names = [
      rooms.user(id),
      rooms.book(id, 20),
      rooms.ticker(id),
      rooms.tape(id),
      rooms.market(id),
    ];
    expect(names.filter((name) => name.length === 20)).toEqual([]);
  }
});

test("the checksum is CRC-32 over bid:size:ask:size per rank", () => {
  // zlib.crc32("100.00:1.5:100.01:2:99.99:3")
  expect(
    bookChecksum(
      [
        ["100.00", "1.5"],
        ["99.99", "3"],
      ],
      [["100.01", "2"]],
    ),
  ).toBe(4066576944);
});
