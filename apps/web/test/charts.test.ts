import { expect, test } from "@jest/globals";
import type { TapeTrade } from "@mirrorbook/sdk";
import { addTrade, type Candle, tradesAfter } from "../src/chart/candles.ts";
import { cumulativeAt, depthCurve } from "../src/chart/depth-curve.ts";

const trade = (seq: number, time: string, price: string, source = "binance") =>
  ({ seq, timestamp: `2026-01-01T${time}.000Z`, price, quantity: "2", source }) as TapeTrade;
const minute = (time: string) => Date.parse(`2026-01-01T${time}:00.000Z`);
const candle: Candle = {
  ...{ openTimeMs: minute("10:00"), open: 100, high: 105, low: 95, close: 101, volume: 10 },
};

test("a trade of the same minute moves the candle on", () => {
  expect(addTrade(candle, trade(1, "10:00:59", "110"), "1m")).toEqual({
    ...candle,
    ...{ high: 110, close: 110, volume: 12 },
  });
});

test("the first trade of the next minute opens a candle where the last one closed", () => {
  expect(addTrade(candle, trade(1, "10:01:00", "99"), "1m")).toEqual({
    ...{ openTimeMs: minute("10:01"), open: 101, high: 101, low: 99, close: 99, volume: 2 },
  });
});

test("a trade of the past changes nothing", () => {
  expect(addTrade(candle, trade(1, "09:59:59", "1"), "1m")).toBeNull();
});

test("candles follow the real market only: simulated fills are none of its trades", () => {
  const tape = [
    trade(5, "10:00:05", "5"),
    trade(4, "10:00:04", "4", "user"),
    trade(3, "10:00:03", "3"),
    trade(2, "10:00:02", "2"),
  ];
  expect(tradesAfter(tape, 2).map(({ seq }) => seq)).toEqual([3, 5]);
});

test("both sides of the depth chart reach equally far from the mid", () => {
  const curve = depthCurve(
    [["99", "1"], ["98", "2"], ["90", "50"]],
    [["101", "3"], ["103", "4"]],
  ); // biome-ignore format: a table
  expect(curve).toMatchObject({ mid: 100, span: 3, cumulativeMax: 7 });
  expect(curve?.bids.map(({ cumulative }) => cumulative)).toEqual([1, 3]);
  expect([98.5, 98, 100.5, 102, 103].map((price) => cumulativeAt(curve!, price))).toEqual([
    1, 3, 0, 3, 7,
  ]);
});

test("an empty side has no curve", () => {
  expect(depthCurve([], [["101", "3"]])).toBeNull();
});
