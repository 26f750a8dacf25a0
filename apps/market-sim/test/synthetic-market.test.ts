import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Trade } from "../src/history/tape.ts";
import { profileOf } from "../src/synthetic/profile.ts";
import { Random } from "../src/synthetic/random.ts";
import type { BookDiff } from "../src/synthetic/simulated-book.ts";
import {
  type MarketListener,
  SyntheticMarket,
  type Touch,
} from "../src/synthetic/synthetic-market.ts";
import { TakerFlow } from "../src/synthetic/taker-flow.ts";

const START_MS = Date.UTC(2026, 0, 5, 12, 0, 30);
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "TESTUSDT:0.0421"];

/** Writes down everything a market tells. */
class Journal implements MarketListener {
  readonly entries: unknown[] = [];
  onTouch(touch: Touch): void {
    this.entries.push(touch);
  }
  onTrades(trades: readonly Trade[], eventTimeMs: number): void {
    this.entries.push([eventTimeMs, trades]);
  }
  onDiff(diff: BookDiff, speed: string, eventTimeMs: number): void {
    this.entries.push([eventTimeMs, speed, diff]);
  }
}

function market(symbol: string, seed = "seed"): SyntheticMarket {
  return new SyntheticMarket(profileOf(symbol)!, seed, START_MS);
}

/** Follows a market by its diffs alone and checks the promises of synthetic-market.ts as they come. */
class Auditor implements MarketListener {
  readonly market: SyntheticMarket;
  readonly known: { bids: Map<number, number>; asks: Map<number, number> };
  diffs = 0;
  slowDiffs = 0;
  fullComparisons = 0;
  trades = 0;
  straddling = 0;
  exact = 0;
  lastTouch: Touch | undefined;
  private fastId: number | undefined;
  private slowId: number | undefined;
  private tradeId: number | undefined;
  private snapshotId: number | undefined;
  private lastEventMs = 0;
  private lastTradeMs = 0;

  constructor(source: SyntheticMarket) {
    this.market = source;
    this.known = { bids: levels(source, "bids"), asks: levels(source, "asks") };
  }

  onTouch(touch: Touch): void {
    expect(touch.updateId).toBe(this.market.book.updateId);
    expect(touch.bid).toBeLessThan(touch.ask);
    expect(Math.min(touch.bidLots, touch.askLots)).toBeGreaterThan(0);
    this.lastTouch = touch;
  }

  onTrades(trades: readonly Trade[], eventTimeMs: number): void {
    for (const trade of trades) {
      if (this.tradeId !== undefined) expect(trade.id).toBe(this.tradeId + 1);
      this.tradeId = trade.id;
      expect(trade.lots).toBeGreaterThan(0);
      expect(trade.timeMs).toBeGreaterThanOrEqual(this.lastTradeMs);
      expect(trade.timeMs).toBeLessThanOrEqual(eventTimeMs);
      this.lastTradeMs = trade.timeMs;
    }
    this.trades += trades.length;
  }

  onDiff(diff: BookDiff, speed: "100ms" | "1000ms", eventTimeMs: number): void {
    const before = speed === "100ms" ? this.fastId : this.slowId;
    if (before !== undefined) expect(diff.firstUpdateId).toBe(before + 1);
    expect(diff.finalUpdateId).toBe(this.market.book.updateId);
    expect(diff.bids.length + diff.asks.length).toBeGreaterThan(0);
    expectSorted(diff.bids.map(([price]) => -price));
    expectSorted(diff.asks.map(([price]) => price));
    if (speed === "1000ms") {
      this.slowId = diff.finalUpdateId;
      this.slowDiffs++;
      return;
    }
    if (this.lastEventMs > 0) expect((eventTimeMs - this.lastEventMs) % 100).toBe(0);
    this.lastEventMs = eventTimeMs;
    this.fastId = diff.finalUpdateId;
    this.noteSnapshot(diff);
    apply(this.known.bids, diff.bids);
    apply(this.known.asks, diff.asks);
    if (this.diffs % 5 === 0) this.expectSameBest(diff);
    if (this.diffs++ % 100 === 0) this.expectSameBook();
  }

  /** A GET depth that falls between two diffs. */
  takeSnapshot(): void {
    this.snapshotId = this.market.book.updateId;
  }

  private noteSnapshot(diff: BookDiff): void {
    if (this.snapshotId === undefined || diff.finalUpdateId <= this.snapshotId) return;
    expect(diff.firstUpdateId).toBeLessThanOrEqual(this.snapshotId + 1);
    if (diff.firstUpdateId === this.snapshotId + 1) this.exact++;
    else this.straddling++;
    this.snapshotId = undefined;
  }

  /** A diff is told right when it is taken, so what was followed must be the market's own book. */
  private expectSameBook(): void {
    for (const side of ["bids", "asks"] as const) {
      const own = levels(this.market, side);
      expect(this.known[side].size).toBe(own.size);
      for (const [price, lots] of own) {
        if (this.known[side].get(price) !== lots) throw new Error(`${side} ${price} differs`);
      }
    }
    this.fullComparisons++;
  }

  private expectSameBest(diff: BookDiff): void {
    const bid = Math.max(...this.known.bids.keys());
    const ask = Math.min(...this.known.asks.keys());
    expect(bid).toBeLessThan(ask);
    const touch = this.lastTouch;
    if (touch === undefined) return;
    expect(touch.updateId).toBeLessThanOrEqual(diff.finalUpdateId);
    expect([bid, this.known.bids.get(bid), ask, this.known.asks.get(ask)]).toEqual([
      touch.bid,
      touch.bidLots,
      touch.ask,
      touch.askLots,
    ]);
  }
}

function levels(source: SyntheticMarket, side: "bids" | "asks"): Map<number, number> {
  const list = source.book[side];
  const depths = Array.from({ length: list.length }, (_, depth) => depth);
  return new Map(depths.map((depth) => [list.priceAt(depth), list.sizeAt(depth)]));
}

function apply(side: Map<number, number>, changes: BookDiff["bids"]): void {
  for (const [price, lots] of changes) {
    if (lots === 0) side.delete(price);
    else side.set(price, lots);
  }
}

function expectSorted(values: number[]): void {
  expect(values.every((value, i) => i === 0 || value > values[i - 1]!)).toBe(true);
}

describe.each(SYMBOLS)("the synthetic %s", (symbol) => {
  test("keeps its promises over a minute: ids, sorting, best prices, trades, snapshots", () => {
    const source = market(symbol);
    const auditor = new Auditor(source);
    for (let ms = 10; ms <= 60_000; ms += 10) {
      source.advanceTo(START_MS + ms, auditor);
      if (ms % 370 === 0) auditor.takeSnapshot();
    }
    expect(auditor.diffs).toBeGreaterThan(100);
    expect(auditor.slowDiffs).toBeGreaterThan(50);
    expect(auditor.trades).toBeGreaterThan(5);
    expect(auditor.straddling).toBeGreaterThan(0);
    expect(auditor.exact).toBeGreaterThan(0);
    expect(auditor.fullComparisons).toBeGreaterThan(3);
  });

  test("property: is the same for the same seed, however its time is cut", () => {
    const whole = new Journal();
    market(symbol).advanceTo(START_MS + 1_500, whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 10 }), (pauses) => {
        const pieces = new Journal();
        const source = market(symbol);
        let nowMs = START_MS;
        for (const pause of pauses) {
          nowMs = Math.min(nowMs + pause, START_MS + 1_500);
          source.advanceTo(nowMs, pieces);
        }
        source.advanceTo(START_MS + 1_500, pieces);
        expect(pieces.entries).toEqual(whole.entries);
      }),
      { numRuns: 5 },
    );
  });
});

test("another seed is another market, and a later start never reuses ids", () => {
  const [one, other] = ["1", "2"].map((seed) => {
    const journal = new Journal();
    market("BTCUSDT", seed).advanceTo(START_MS + 1_000, journal);
    return journal.entries;
  });
  expect(one).not.toEqual(other);
  const first = market("BTCUSDT");
  first.advanceTo(START_MS + 30_000, new Journal());
  const restarted = new SyntheticMarket(profileOf("BTCUSDT")!, "seed", START_MS + 30_000);
  expect(restarted.book.updateId).toBeGreaterThan(first.book.updateId);
  expect(restarted.history.lastTradeId).toBeGreaterThan(first.history.lastTradeId);
});

test("property: a taker order takes away exactly the displayed size, best price first", () => {
  const profile = profileOf("ETHUSDT")!;
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom("bids", "asks"),
      fc.nat({ max: 60 }),
      (seed, side, reach) => {
        const source = market("ETHUSDT", seed);
        const { book } = source;
        const takers = new TakerFlow(profile, new Random(seed), book);
        const list = book[side];
        const before = { bids: levels(source, "bids"), asks: levels(source, "asks") };
        const limit = list.priceAt(0) - list.sign * reach;
        const matches = reach === 0 ? takers.takeFromTouch() : takers.sweep(side, limit);
        const taken = { bids: new Map<number, number>(), asks: new Map<number, number>() };
        for (const { price, lots, buyerIsMaker } of matches) {
          const from = taken[buyerIsMaker ? "bids" : "asks"];
          from.set(price, (from.get(price) ?? 0) + lots);
        }
        for (const each of ["bids", "asks"] as const) {
          for (const [price, lots] of before[each]) {
            const left = book[each].sizeOf(price);
            if (lots - left !== (taken[each].get(price) ?? 0)) throw new Error(`${each} ${price}`);
          }
        }
        expectSorted([...taken[side].keys()].map((price) => -list.sign * price));
        if (reach > 0) expect(list.sign * (list.priceAt(0) - limit)).toBeLessThanOrEqual(0);
      },
    ),
    { numRuns: 15 },
  );
});

test("time that is skipped leaves no trace but the time", () => {
  const source = market("SOLUSDT");
  const before = source.book.updateId;
  source.skipTo(START_MS + 3_600_000);
  expect(source.book.updateId).toBe(before);
  const auditor = new Auditor(source);
  source.advanceTo(START_MS + 3_602_000, auditor);
  expect(auditor.diffs).toBeGreaterThan(5);
});

test("unknown symbols have no profile, custom ones get sensible decimals", () => {
  expect(profileOf("NOPE")).toBeUndefined();
  expect(profileOf("FOOUSDT")).toBeUndefined();
  expect(profileOf("FOOUSDT:-3")).toBeUndefined();
  expect(profileOf("FOOUSDT:250")).toMatchObject({ base: "FOO", quote: "USDT", priceDecimals: 2 });
  expect(profileOf("FOOBTC:0.0015")).toMatchObject({ base: "FOO", quote: "BTC", priceDecimals: 7 });
});
