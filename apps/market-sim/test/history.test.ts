import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { INTERVALS } from "../src/history/interval.ts";
import { MarketHistory } from "../src/history/market-history.ts";
import { Tape, type Trade } from "../src/history/tape.ts";
import { profileOf } from "../src/synthetic/profile.ts";
import { SyntheticMarket } from "../src/synthetic/synthetic-market.ts";

const MINUTE = 60_000;
const SCALE = { priceDecimals: 2, sizeDecimals: 3 };
const interval = (name: string) => INTERVALS.get(name)!;
const latest = { toMs: Number.POSITIVE_INFINITY, limit: 1_000 };

function trade(id: number, timeMs: number, price: number, lots = 1, buyerIsMaker = false): Trade {
  return { id, timeMs, price, lots, buyerIsMaker };
}

test.each([
  ["1m", "2026-03-04T10:11:12.345Z", "2026-03-04T10:11:00Z", "2026-03-04T10:12:00Z"],
  ["15m", "2026-03-04T10:14:59.999Z", "2026-03-04T10:00:00Z", "2026-03-04T10:15:00Z"],
  ["8h", "2026-03-04T15:59:00Z", "2026-03-04T08:00:00Z", "2026-03-04T16:00:00Z"],
  ["1w", "2026-03-08T23:59:59Z", "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"],
  ["1M", "2026-02-28T12:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
])("the %s span around %s is [%s, %s)", (name, at, open, end) => {
  const openMs = interval(name).opensAt(Date.parse(at));
  expect(new Date(openMs)).toEqual(new Date(open));
  expect(new Date(interval(name).endsAt(openMs))).toEqual(new Date(end));
});

describe("candles", () => {
  test("property: volume and trades survive any grouping", () => {
    const gaps = fc.array(fc.tuple(fc.nat({ max: 200_000 }), fc.integer({ min: 1, max: 99 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(gaps, fc.constantFrom("1m", "3m", "5m", "1h", "1d"), (steps, name) => {
        const history = new MarketHistory(SCALE, 1);
        let timeMs = Date.UTC(2026, 0, 1);
        const trades = steps.map(([gapMs, price], i) => {
          timeMs += gapMs;
          return trade(i, timeMs, price, price * 2, price % 2 === 0);
        });
        for (const each of trades) history.addTrade(each);
        const candles = history.candles(interval(name), latest, timeMs);
        const total = (pick: (bar: (typeof candles)[0]) => number) =>
          candles.reduce((sum, bar) => sum + pick(bar), 0);
        expect(total((bar) => bar.trades)).toBe(trades.length);
        expect(total((bar) => bar.lots)).toBe(trades.reduce((sum, each) => sum + each.lots, 0));
        expect(Math.max(...candles.map((bar) => bar.high))).toBe(
          Math.max(...trades.map((t) => t.price)),
        );
        expect(Math.min(...candles.map((bar) => bar.low))).toBe(
          Math.min(...trades.map((t) => t.price)),
        );
        for (const [i, bar] of candles.slice(1).entries()) {
          expect(bar.openTimeMs).toBe(interval(name).endsAt(candles[i]!.openTimeMs));
        }
      }),
    );
  });

  test("a minute without trades stands at the last price", () => {
    const history = new MarketHistory(SCALE, 1);
    history.addTrade(trade(1, 0, 500));
    history.addTrade(trade(2, 3 * MINUTE, 700));
    const candles = history.candles(interval("1m"), latest, 4 * MINUTE);
    expect(candles.map((bar) => [bar.open, bar.close, bar.trades])).toEqual([
      [500, 500, 1],
      [500, 500, 0],
      [500, 500, 0],
      [700, 700, 1],
      [700, 700, 0],
    ]);
  });

  test("asking for the future does not make one", () => {
    const history = new MarketHistory(SCALE, 1);
    history.addTrade(trade(1, 0, 500));
    history.candles(interval("1m"), { toMs: 99 * MINUTE, limit: 10 }, MINUTE);
    history.addTrade(trade(2, MINUTE + 1, 600));
    expect(history.candles(interval("1m"), latest, MINUTE + 1)).toHaveLength(2);
  });

  test("the past joins the present, reaches 30 days back, and is the same for every interval", () => {
    const startMs = Date.UTC(2026, 0, 5, 12, 0, 30);
    const market = new SyntheticMarket(profileOf("BTCUSDT")!, "seed", startMs);
    const { history } = market;
    const minutes = history.candles(interval("1m"), { toMs: startMs, limit: 1_000 }, startMs);
    expect(minutes).toHaveLength(1_000);
    for (const [i, bar] of minutes.slice(1).entries()) {
      expect(bar.openTimeMs).toBe(minutes[i]!.openTimeMs + MINUTE);
      expect(Math.abs(bar.open / minutes[i]!.close - 1)).toBeLessThan(0.002);
      expect(bar.low).toBeLessThanOrEqual(Math.min(bar.open, bar.close));
      expect(bar.high).toBeGreaterThanOrEqual(Math.max(bar.open, bar.close));
    }
    const [hour] = history.candles(
      interval("1h"),
      { fromMs: Date.UTC(2026, 0, 5, 10), toMs: startMs, limit: 1 },
      startMs,
    );
    const within = minutes.filter(
      (bar) => interval("1h").opensAt(bar.openTimeMs) === hour!.openTimeMs,
    );
    expect(within).toHaveLength(60);
    expect(hour!.lots).toBe(within.reduce((sum, bar) => sum + bar.lots, 0));
    expect(hour!.high).toBe(Math.max(...within.map((bar) => bar.high)));
    expect(history.candles(interval("1d"), { toMs: startMs, limit: 100 }, startMs)).toHaveLength(
      31,
    );
  });

  test("a restarted market remembers the same past", () => {
    const startMs = Date.UTC(2026, 0, 5, 12, 0, 30);
    const from = (at: number) =>
      new SyntheticMarket(profileOf("ETHUSDT")!, "seed", at).history.candles(
        interval("5m"),
        { fromMs: startMs - 100 * MINUTE, toMs: startMs - 10 * MINUTE, limit: 20 },
        at,
      );
    expect(from(startMs)).toEqual(from(startMs + 20 * MINUTE));
  });

  test("the day's figures are those of its minutes", () => {
    const startMs = Date.UTC(2026, 0, 5, 12, 0, 30);
    const { history } = new SyntheticMarket(profileOf("SOLUSDT")!, "seed", startMs);
    const day = history.day(startMs)!;
    const bars = history.candles(
      interval("1m"),
      { fromMs: startMs - 24 * 60 * MINUTE, toMs: startMs, limit: 2_000 },
      startMs,
    );
    expect(day.bar.lots).toBe(bars.reduce((sum, bar) => sum + bar.lots, 0));
    expect(day.bar.open).toBe(bars[0]!.open);
    expect(day.bar.close).toBe(bars.at(-1)!.close);
    expect(day.bar.high).toBe(Math.max(...bars.map((bar) => bar.high)));
  });
});

test("the tape joins trades of one order at one price, and nothing else", () => {
  const tape = new Tape(100);
  tape.add(trade(1, 10, 500, 2));
  tape.add(trade(2, 10, 500, 3));
  tape.add(trade(3, 10, 501, 1));
  tape.add(trade(4, 11, 501, 1));
  tape.add(trade(5, 11, 501, 1, true));
  expect(tape.findAggregates(undefined, 10)).toEqual([
    {
      id: 100,
      price: 500,
      lots: 5,
      firstTradeId: 1,
      lastTradeId: 2,
      timeMs: 10,
      buyerIsMaker: false,
    },
    {
      id: 101,
      price: 501,
      lots: 1,
      firstTradeId: 3,
      lastTradeId: 3,
      timeMs: 10,
      buyerIsMaker: false,
    },
    {
      id: 102,
      price: 501,
      lots: 1,
      firstTradeId: 4,
      lastTradeId: 4,
      timeMs: 11,
      buyerIsMaker: false,
    },
    {
      id: 103,
      price: 501,
      lots: 1,
      firstTradeId: 5,
      lastTradeId: 5,
      timeMs: 11,
      buyerIsMaker: true,
    },
  ]);
});
