import { expect, test } from "@jest/globals";
import { LevelFormat, type MarketTrade } from "@mirrorbook/book";
import { TAPE_LINES_MAX, Tape } from "../src/broadcast/tape.ts";

const format = new LevelFormat({ priceDecimals: 2, sizeDecimals: 5 });
const trade = (price: number, size: number, buyerIsMaker = false) =>
  ({ price, size, buyerIsMaker }) as MarketTrade;

test("trades of one side at one price make one line; a simulated fill stays apart", () => {
  const tape = new Tape();
  tape.addTrade(trade(10_000, 100_000));
  tape.addTrade(trade(10_000, 50_000));
  tape.addTrade(trade(10_000, 50_000, true));
  tape.addTrade(trade(10_001, 50_000));
  tape.addFill({ symbol: "BTCUSDT", price: "100.01", quantity: "3", side: "buy" });
  expect(tape.take(format)).toEqual([
    { price: "100.00", quantity: "1.5", side: "buy", source: "binance" },
    { price: "100.00", quantity: "0.5", side: "sell", source: "binance" },
    { price: "100.01", quantity: "0.5", side: "buy", source: "binance" },
    { price: "100.01", quantity: "3", side: "buy", source: "user" },
  ]);
  expect(tape.empty).toBe(true);
});

test("of a burst the latest lines are kept", () => {
  const tape = new Tape();
  for (let i = 0; i < TAPE_LINES_MAX + 5; i++) tape.addTrade(trade(10_000 + i, 1));
  const lines = tape.take(format);
  expect(lines).toHaveLength(TAPE_LINES_MAX);
  expect(lines[0]?.price).toBe("100.05");
});
