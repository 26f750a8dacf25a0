import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  applyDepth,
  type BookLevel,
  type BookView,
  bookView,
  diffViews,
  formatTrimmed,
  LevelFormat,
} from "../src/index.ts";
import { bookAt, depth, levels, lots, ticks } from "./builders.ts";

test("a view is the best levels of both sides with the id they stand for", () => {
  const book = bookAt(7, {
    bids: [
      [100, 5],
      [99, 6],
    ],
    asks: [
      [101, 4],
      [103, 2],
      [104, 1],
    ],
  });
  expect(bookView(book, 2)).toEqual({
    lastUpdateId: 7,
    bids: [
      [100, 5],
      [99, 6],
    ],
    asks: [
      [101, 4],
      [103, 2],
    ],
  });
});

test("a level pushed out of the view by a better one is told as gone", () => {
  const book = bookAt(7, {
    bids: [
      [100, 5],
      [99, 6],
    ],
    asks: [[101, 4]],
  });
  const before = bookView(book, 2);
  applyDepth(book, depth([8, 8], { bids: [[101, 1]], asks: [[101, 0]] }));
  expect(diffViews(before, bookView(book, 2))).toEqual({
    bids: [
      [101, 1],
      [99, 0],
    ],
    asks: [[101, 0]],
  });
});

test("two equal views have no difference", () => {
  const view = bookView(bookAt(1, { bids: [[1, 1]], asks: [[2, 1]] }), 20);
  expect(diffViews(view, view)).toEqual({ bids: [], asks: [] });
});

const side = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 3 })), {
    selector: ([price]) => price,
    maxLength: 12,
  })
  .map((pairs) => levels(pairs));
const view = fc.record({ bids: side, asks: side }).map(
  ({ bids, asks }): BookView => ({
    lastUpdateId: 0,
    bids: bids.toSorted(([a], [b]) => b - a),
    asks: asks.toSorted(([a], [b]) => a - b),
  }),
);

test("property: the changes applied to the previous view give the next one, and none is superfluous", () => {
  fc.assert(
    fc.property(view, view, (previous, next) => {
      const changes = diffViews(previous, next);
      for (const key of ["bids", "asks"] as const) {
        const patched = new Map(previous[key]);
        for (const [price, size] of changes[key]) {
          expect(patched.get(price) ?? 0).not.toBe(size);
          if (size === 0) patched.delete(price);
          else patched.set(price, size);
        }
        const order = (a: BookLevel, b: BookLevel) => (key === "bids" ? b[0] - a[0] : a[0] - b[0]);
        expect([...patched].sort(order)).toEqual(next[key]);
        expect(changes[key].map(([price]) => price)).toEqual(
          changes[key].toSorted(order).map(([price]) => price),
        );
      }
    }),
  );
});

test.each([
  [0, 3, "0"],
  [5, 0, "5"],
  [500, 0, "500"],
  [500, 3, "0.5"],
  [1, 8, "0.00000001"],
  [1_008_700_0, 7, "1.0087"],
  [120_000, 3, "120"],
  [2_445_663_040, 7, "244.566304"],
  [Number.MAX_SAFE_INTEGER, 8, "90071992.54740991"],
])("%d units of 10^-%d are written %s", (units, decimals, text) => {
  expect(formatTrimmed(units, decimals)).toBe(text);
});

test("a level is written with the market's price decimals and a size without trailing zeros", () => {
  const format = new LevelFormat({ priceDecimals: 2, sizeDecimals: 7 });
  for (let turn = 0; turn < 2; turn++) {
    expect(
      format.levels(
        levels([
          [6_168_600, 22_932_700],
          [1, 0],
        ]),
      ),
    ).toEqual([
      ["61686.00", "2.29327"],
      ["0.01", "0"],
    ]);
  }
});

test("price texts stay right after the cache has been full", () => {
  const format = new LevelFormat({ priceDecimals: 2, sizeDecimals: 0 });
  for (let i = 0; i < 20_000; i++) format.price(ticks(i));
  expect([format.price(ticks(5)), format.price(ticks(19_999)), format.size(lots(3))]).toEqual([
    "0.05",
    "199.99",
    "3",
  ]);
});
