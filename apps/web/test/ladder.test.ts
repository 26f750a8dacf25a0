import { expect, test } from "@jest/globals";
import type { Level } from "@mirrorbook/protocol";
import fc from "fast-check";
import { groupingsFor, groupLevels, groupOf, sizesByGroup } from "../src/ladder/group-levels.ts";
import {
  IMPACT_SHOWN_MS,
  IMPACTS_KEPT_MAX,
  impactsByRow,
  impactsOf,
  keepImpacts,
} from "../src/ladder/impacts.ts";

const bids: Level[] = [["100.07", "1"], ["100.03", "2"], ["99.99", "4"], ["99.90", "8"]]; // biome-ignore format: a table
const asks: Level[] = [["100.11", "1"], ["100.19", "2"], ["100.20", "4"], ["100.21", "8"]]; // biome-ignore format: a table

test("bids are grouped down and asks up, with sums from the best price on", () => {
  expect(groupLevels(bids, "bid", 10, 2, 9)).toEqual([
    { ticks: 10_000, price: "100.00", size: 3, cumulative: 3 },
    { ticks: 9_990, price: "99.90", size: 12, cumulative: 15 },
  ]);
  expect(groupLevels(asks, "ask", 10, 2, 9)).toEqual([
    { ticks: 10_020, price: "100.20", size: 7, cumulative: 7 },
    { ticks: 10_030, price: "100.30", size: 8, cumulative: 15 },
  ]);
});

test("no more rows than there is room for, and each is whole", () => {
  expect(groupLevels(bids, "bid", 10, 2, 1)).toEqual([
    { ticks: 10_000, price: "100.00", size: 3, cumulative: 3 },
  ]);
});

test("property: grouping neither loses nor invents size, and never shows a better price", () => {
  const level = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 99 }));
  const book = fc.uniqueArray(level, { selector: ([ticks]) => ticks, minLength: 1, maxLength: 60 });
  const width = fc.constantFrom(1, 10, 100, 1_000);
  fc.assert(
    fc.property(book, width, fc.constantFrom("bid" as const, "ask" as const), (list, w, side) => {
      const direction = side === "bid" ? -1 : 1;
      const sorted = [...list].sort(([a], [b]) => direction * (a - b));
      const levels = sorted.map(([t, s]): Level => [(t / 100).toFixed(2), String(s)]);
      const rows = groupLevels(levels, side, w, 2, 1_000);
      const total = list.reduce((sum, [, size]) => sum + size, 0);
      expect(rows.at(-1)?.cumulative).toBe(total);
      expect(rows.reduce((sum, row) => sum + row.size, 0)).toBe(total);
      for (const [ticks] of list) {
        expect(direction * (groupOf(ticks, side, w) - ticks)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test("own and held sizes fall into the row their price is shown in", () => {
  expect(
    sizesByGroup(
      [
        ["100.07", "1"],
        ["100.03", "2"],
      ],
      "bid",
      10,
      2,
    ),
  ).toEqual(new Map([[10_000, 3]]));
});

test("groupings stay small beside the price", () => {
  expect(groupingsFor(1, 6_000_000)).toEqual([1, 10, 100, 1_000, 10_000]);
  expect(groupingsFor(1, 5_200)).toEqual([1, 10]);
});

const taken = {
  ...{ seq: 1, timestamp: "", tradeIds: [], orderId: "o", pair: "", symbol: "" },
  consumedBids: [],
  consumedAsks: [
    ["100.11", "1"],
    ["100.19", "2"],
  ] as [string, string][],
  ...{ averagePrice: "1", slippageBps: "0" },
};

test("what an order took is shown in its row from when it was taken, then is gone", () => {
  const impacts = impactsOf(taken, 2, 1_000);
  expect(impactsByRow(impacts, "ask", 10, 1_000)).toEqual(
    new Map([[10_020, { size: 3, atMs: 1_000 }]]),
  );
  const again = [...impacts, ...impactsOf(taken, 2, 1_500)];
  expect(impactsByRow(again, "ask", 10, 1_500).get(10_020)).toEqual({ size: 6, atMs: 1_500 });
  expect(impactsByRow(impacts, "ask", 10, 1_000 + IMPACT_SHOWN_MS).size).toBe(0);
  expect(impactsByRow(impacts, "bid", 10, 1_000).size).toBe(0);
});

test("impacts that are over, and more than a screen can show, are let go", () => {
  const impacts = impactsOf(taken, 2, 0);
  expect(keepImpacts(impacts, [], IMPACT_SHOWN_MS)).toEqual([]);
  let kept = keepImpacts([], impacts, 0);
  for (let i = 0; i < IMPACTS_KEPT_MAX; i++) kept = keepImpacts(kept, impacts, 0);
  expect(kept).toHaveLength(IMPACTS_KEPT_MAX);
});
