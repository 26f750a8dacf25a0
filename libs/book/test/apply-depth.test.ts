import { describe, expect, test } from "@jest/globals";
import { InvariantError } from "@mirrorbook/kernel";
import fc from "fast-check";
import { applyDepth, applySnapshot, type Book } from "../src/index.ts";
import { bookAt, depth, levels, ticks } from "./builders.ts";

const BIDS = [
  [100, 5],
  [99, 6],
  [95, 1],
] as const;
const ASKS = [
  [101, 4],
  [103, 2],
] as const;

function contents(book: Book) {
  return { bids: book.top("bid", 100), asks: book.top("ask", 100) };
}

describe("the update ids of an event against a book at 10", () => {
  const cases = [
    { ids: [3, 9], outcome: { kind: "stale" } },
    { ids: [10, 10], outcome: { kind: "stale" } },
    { ids: [11, 11], outcome: { kind: "applied" } },
    { ids: [11, 20], outcome: { kind: "applied" } },
    { ids: [8, 11], outcome: { kind: "applied" } },
    { ids: [1, 30], outcome: { kind: "applied" } },
    { ids: [12, 12], outcome: { kind: "gap", expected: 11, received: 12 } },
    { ids: [40, 50], outcome: { kind: "gap", expected: 11, received: 40 } },
  ] as const;

  test.each(cases)("$ids → $outcome.kind", ({ ids, outcome }) => {
    const book = bookAt(10, { bids: BIDS });
    expect(applyDepth(book, depth(ids, { bids: [[100, 7]] }))).toEqual(outcome);
    expect(book.lastUpdateId).toBe(outcome.kind === "applied" ? ids[1] : 10);
    expect(book.sizeAtRank("bid", 0)).toBe(outcome.kind === "applied" ? 7 : 5);
  });

  test("an event that runs backwards is a bug, not a gap", () => {
    expect(() => applyDepth(bookAt(10), depth([12, 11]))).toThrow(InvariantError);
  });
});

describe("levels", () => {
  test("are added, changed and removed at their place, best first", () => {
    const book = bookAt(1, { bids: BIDS, asks: ASKS });
    applyDepth(
      book,
      depth([2, 2], {
        bids: [
          [99, 0],
          [98, 3],
          [1, 1],
        ],
        asks: [
          [101, 9],
          [102, 8],
        ],
      }),
    );
    expect(contents(book)).toEqual({
      bids: [
        [100, 5],
        [98, 3],
        [95, 1],
        [1, 1],
      ],
      asks: [
        [101, 9],
        [102, 8],
        [103, 2],
      ],
    });
  });

  test("an unknown level that is removed changes nothing and is not reported", () => {
    const book = bookAt(1, { bids: BIDS, asks: ASKS });
    const changes: unknown[] = [];
    const event = depth([2, 2], {
      bids: [
        [97, 0],
        [200, 0],
      ],
      asks: [[1, 0]],
    });
    expect(applyDepth(book, event, (...change) => changes.push(change))).toEqual({
      kind: "applied",
    });
    expect(contents(book)).toEqual({ bids: BIDS, asks: ASKS });
    expect(changes).toEqual([]);
  });

  test("the listener hears size before and after of real changes only, in the event's order", () => {
    const book = bookAt(1, { bids: BIDS, asks: ASKS });
    const changes: unknown[] = [];
    applyDepth(
      book,
      depth([2, 2], {
        bids: [
          [100, 5],
          [99, 1],
          [95, 0],
        ],
        asks: [
          [101, 4],
          [102, 3],
        ],
      }),
      (...change) => changes.push(change),
    );
    expect(changes).toEqual([
      ["bid", 99, 6, 1],
      ["bid", 95, 1, 0],
      ["ask", 102, 0, 3],
    ]);
  });

  test("a snapshot replaces what was there, even by a shorter book with a lower id", () => {
    const book = bookAt(9, { bids: BIDS, asks: ASKS });
    applySnapshot(book, { symbol: "BTCUSDT", lastUpdateId: 4, bids: levels([[7, 1]]), asks: [] });
    expect(contents(book)).toEqual({ bids: [[7, 1]], asks: [] });
    expect([book.lastUpdateId, book.bestBid(), book.bestAsk()]).toEqual([4, 7, undefined]);
  });

  test("a snapshot that is not sorted best first is refused as a bug", () => {
    expect(() =>
      bookAt(1, {
        bids: [
          [99, 1],
          [100, 1],
        ],
      }),
    ).toThrow(InvariantError);
    expect(() =>
      bookAt(1, {
        asks: [
          [100, 1],
          [100, 2],
        ],
      }),
    ).toThrow(InvariantError);
  });

  test("a book grows past its first capacity", () => {
    const book = bookAt(0);
    const many = Array.from({ length: 10_000 }, (_, i) => [i + 1, 1] as const);
    applyDepth(book, depth([1, 1], { bids: many, asks: many }));
    expect([book.bestBid(), book.bestAsk(), book.levelCount("bid")]).toEqual([10_000, 1, 10_000]);
  });

  test("sizes up to the largest safe integer stay exact", () => {
    const book = bookAt(0);
    applyDepth(book, depth([1, 1], { bids: [[1, Number.MAX_SAFE_INTEGER]] }));
    expect(book.sizeAt("bid", ticks(1))).toBe(9007199254740991);
  });
});

test("reading past the book gives nothing, not an error", () => {
  const book = bookAt(1, { bids: BIDS });
  expect([book.priceAt("bid", 3), book.sizeAtRank("bid", 3)]).toEqual([undefined, 0]);
  expect([book.priceAt("ask", 0), book.sizeAtRank("ask", 0), book.bestAsk()]).toEqual([
    undefined,
    0,
    undefined,
  ]);
  expect([book.priceAt("bid", -1), book.sizeAt("bid", ticks(98))]).toEqual([undefined, 0]);
  expect(book.top("bid", 2)).toEqual([
    [100, 5],
    [99, 6],
  ]);
});

const update = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 3 }));
const step = fc.record({ bids: fc.array(update), asks: fc.array(update) });

test("property: a book is the last size seen at each price, best first, and reports every difference", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const book = bookAt(0);
      const twin = { bid: new Map<number, number>(), ask: new Map<number, number>() };
      for (const [i, { bids, asks }] of steps.entries()) {
        const before = { bid: new Map(twin.bid), ask: new Map(twin.ask) };
        applyDepth(book, depth([i + 1, i + 1], { bids, asks }), (side, price, from, to) => {
          expect(before[side].get(price) ?? 0).toBe(from);
          before[side].set(price, to);
        });
        for (const [price, size] of bids) twin.bid.set(price, size);
        for (const [price, size] of asks) twin.ask.set(price, size);
        for (const side of ["bid", "ask"] as const) {
          for (const [price, size] of twin[side]) expect(before[side].get(price) ?? 0).toBe(size);
        }
      }
      expect(contents(book)).toEqual({
        bids: sorted(twin.bid, (a, b) => b - a),
        asks: sorted(twin.ask, (a, b) => a - b),
      });
      for (const side of ["bid", "ask"] as const) {
        for (let price = 0; price <= 41; price++) {
          const size = twin[side].get(price) ?? 0;
          expect(book.sizeAt(side, ticks(price))).toBe(size);
          const rank = book.side(side).rankOf(ticks(price));
          const better = contents(book)[`${side}s`].filter(([p]) =>
            side === "bid" ? p > price : p < price,
          );
          expect(rank).toBe(better.length);
        }
      }
    }),
    { numRuns: 60 },
  );
});

function sorted(sizes: Map<number, number>, order: (a: number, b: number) => number) {
  return [...sizes].filter(([, size]) => size > 0).sort(([a], [b]) => order(a, b));
}
