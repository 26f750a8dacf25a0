import { beforeEach, describe, expect, test } from "@jest/globals";
import { applyDepth, applySnapshot, type BookLevel, type MarketSpec } from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import { type BookUpdate, type BookView, bookChecksum } from "@mirrorbook/protocol";
import fc from "fast-check";
import { BookStream } from "../src/broadcast/book-stream.ts";
import { MarketMirror, type MirroredMarket } from "../src/market-mirror.ts";
import type { BroadcastStore } from "../src/ports.ts";

const spec = {
  symbol: "BTCUSDT",
  pair: "SIM_BTC/SIM_USD",
  base: "SIM_BTC",
  quote: "SIM_USD",
  priceDecimals: 2,
  sizeDecimals: 5,
} as MarketSpec;
const TIMESTAMP = "2026-01-01T00:00:00.000Z";
const level = ([price, size]: readonly [number, number]) =>
  [price as Ticks, size as Lots] as BookLevel;

let market: MirroredMarket;
let published: { view: BookView; update: BookUpdate }[];
let outOfSequence: boolean;

/** Keeps what is published, as Redis would. */
const store = {
  lastBookView: async () => published.at(-1)?.view ?? null,
  publishBook: async (view: BookView, update: BookUpdate) => {
    if (outOfSequence) return { kind: "out_of_sequence" as const };
    published.push({ view, update });
    return { kind: "published" as const };
  },
} as unknown as BroadcastStore;

beforeEach(() => {
  const mirror = new MarketMirror();
  mirror.apply({ kind: "market", spec });
  market = mirror.markets.get("BTCUSDT")!;
  published = [];
  outOfSequence = false;
});

function snapshot(lastUpdateId: number, bids: [number, number][], asks: [number, number][]): void {
  const levels = { bids: bids.map(level), asks: asks.map(level) };
  applySnapshot(market.book, { symbol: "BTCUSDT", lastUpdateId, ...levels });
}

function depth(id: number, bids: [number, number][], asks: [number, number][]): void {
  const levels = { bids: bids.map(level), asks: asks.map(level) };
  const ids = { firstUpdateId: id, finalUpdateId: id, exchangeTimeMs: 0 };
  applyDepth(market.book, { symbol: "BTCUSDT", ...ids, ...levels });
}

/** The book of a client that starts from `view` (or from nothing) and applies the updates after it. */
function clientBook(updates: readonly BookUpdate[], view?: BookView) {
  const sides = { bids: new Map(view?.bids), asks: new Map(view?.asks) };
  for (const update of updates) {
    for (const side of ["bids", "asks"] as const) {
      for (const [price, size] of update[side]) {
        if (size === "0") sides[side].delete(price);
        else sides[side].set(price, size);
      }
    }
  }
  const sorted = (side: Map<string, string>, sign: number) =>
    [...side].sort(([a], [b]) => sign * (Number(a) - Number(b)));
  return { bids: sorted(sides.bids, -1), asks: sorted(sides.asks, 1) };
}

describe("a book's publication", () => {
  test("starts with everything and goes on with what changed", async () => {
    const stream = new BookStream(store, 20);
    snapshot(
      7,
      [
        [10_000, 150_000],
        [9_999, 1],
      ],
      [[10_001, 200_000]],
    );
    await stream.publish(market, TIMESTAMP);
    depth(8, [[9_999, 0]], [[10_002, 100_000]]);
    await stream.publish(market, TIMESTAMP);
    expect(published.map(({ update }) => update)).toMatchObject([
      {
        seq: 1,
        prevSeq: 0,
        bids: [
          ["100.00", "1.5"],
          ["99.99", "0.00001"],
        ],
        asks: [["100.01", "2"]],
      },
      { seq: 2, prevSeq: 1, bids: [["99.99", "0"]], asks: [["100.02", "1"]], lastUpdateId: 8 },
    ]);
    expect(published[1]!.view).toMatchObject({
      best: { bid: "100.00", bidSize: "1.5", ask: "100.01", askSize: "2", spread: "0.01" },
    });
  });

  test("is silent when the view did not change, though the book did", async () => {
    const stream = new BookStream(store, 20);
    snapshot(7, [[10_000, 1]], [[10_001, 1]]);
    await stream.publish(market, TIMESTAMP);
    depth(8, [[10_000, 1]], []);
    await stream.publish(market, TIMESTAMP);
    expect(published).toHaveLength(1);
  });

  test("says nothing before there is a book", async () => {
    await new BookStream(store, 20).publish(market, TIMESTAMP);
    expect(published).toEqual([]);
  });

  test("goes on from the last leader's view, without a break in the chain", async () => {
    snapshot(
      7,
      [
        [10_000, 1],
        [9_990, 5],
      ],
      [[10_001, 1]],
    );
    await new BookStream(store, 20).publish(market, TIMESTAMP);
    snapshot(50, [[10_000, 2]], [[10_001, 1]]);
    await new BookStream(store, 20).publish(market, TIMESTAMP);
    expect(published[1]!.update).toMatchObject({
      seq: 2,
      prevSeq: 1,
      bids: [
        ["100.00", "0.00002"],
        ["99.90", "0"],
      ],
      asks: [],
    });
  });

  test("finds its place again after another leader published in between", async () => {
    const stream = new BookStream(store, 20);
    snapshot(7, [[10_000, 1]], []);
    await stream.publish(market, TIMESTAMP);
    depth(8, [[10_000, 2]], []);
    await new BookStream(store, 20).publish(market, TIMESTAMP);
    depth(9, [[10_000, 3]], []);
    outOfSequence = true;
    await stream.publish(market, TIMESTAMP);
    outOfSequence = false;
    await stream.publish(market, TIMESTAMP);
    expect(published.map(({ update }) => [update.prevSeq, update.seq])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  const sideOf = (from: number, to: number) =>
    fc.array(fc.tuple(fc.integer({ min: from, max: to }), fc.nat({ max: 3 })), { maxLength: 6 });

  test("property: whoever applies the updates holds the view, and its checksum proves it", async () => {
    const steps = fc.array(fc.tuple(sideOf(9_960, 10_000), sideOf(10_001, 10_040)));
    await fc.assert(
      fc.asyncProperty(steps, fc.nat({ max: 5 }), async (changes, joinAfter) => {
        published = [];
        snapshot(1, [[10_000, 1]], [[10_001, 1]]);
        const stream = new BookStream(store, 20);
        for (const [i, [bids, asks]] of changes.entries()) {
          depth(i + 2, bids, asks);
          await stream.publish(market, TIMESTAMP);
        }
        for (const [i, { view }] of published.entries()) {
          const joined = published[Math.min(joinAfter, i)]!.view;
          const missed = published.slice(joined.seq, i + 1).map(({ update }) => update);
          const book = clientBook(missed, joined);
          expect(book).toEqual({ bids: view.bids, asks: view.asks });
          expect(bookChecksum(book.bids, book.asks)).toBe(view.checksum);
        }
      }),
    );
  });
});
