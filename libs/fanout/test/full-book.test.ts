import { expect, test } from "@jest/globals";
import type { BookView, Level } from "@mirrorbook/protocol";
import fc from "fast-check";
import { applyBookUpdate } from "../src/full-book.ts";
import { bookUpdate, bookView } from "./support/events.ts";

const VIEW = bookView(
  5,
  [
    ["100.00", "1"],
    ["99.00", "2"],
  ],
  [["101.00", "3"]],
);

test.each<[string, Level, Level[]]>([
  [
    "changes a level",
    ["99.00", "7"],
    [
      ["100.00", "1"],
      ["99.00", "7"],
    ],
  ],
  [
    "adds a level in its place",
    ["99.50", "7"],
    [
      ["100.00", "1"],
      ["99.50", "7"],
      ["99.00", "2"],
    ],
  ],
  [
    "adds the best level",
    ["100.50", "7"],
    [
      ["100.50", "7"],
      ["100.00", "1"],
      ["99.00", "2"],
    ],
  ],
  ["removes a level", ["100.00", "0.000"], [["99.00", "2"]]],
  [
    "removes a level it does not have",
    ["42.00", "0"],
    [
      ["100.00", "1"],
      ["99.00", "2"],
    ],
  ],
])("an update %s", (_name, bid, bids) => {
  expect(applyBookUpdate(VIEW, bookUpdate(6, bid))).toMatchObject({
    seq: 6,
    bids,
    asks: VIEW.asks,
  });
});

test("an update that is known changes nothing, one after a hole is refused", () => {
  expect(applyBookUpdate(VIEW, bookUpdate(5, ["1.00", "1"]))).toBe(VIEW);
  expect(applyBookUpdate(VIEW, bookUpdate(7, ["1.00", "1"]))).toBeNull();
});

test("property: the whole book is the last size at each price, best first, no deeper than its depth", () => {
  const price = fc.integer({ min: 9_000, max: 11_000 }).map((cents) => (cents / 100).toFixed(2));
  const change = fc.tuple(price, fc.integer({ min: 0, max: 3 }).map(String));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      let view: BookView = bookView(1, [], [], 1000);
      for (const [index, bid] of changes.entries()) {
        view = applyBookUpdate(view, { ...bookUpdate(index + 2, bid), depth: 1000 })!;
      }
      const last = [...new Map(changes)].filter(([, size]) => size !== "0");
      last.sort(([a], [b]) => Number(b) - Number(a));
      expect(view.bids).toEqual(last);
    }),
  );
});
