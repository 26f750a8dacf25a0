import { describe, expect, test } from "@jest/globals";
import { profileOf } from "../src/synthetic/profile.ts";
import { mean, measure, quantile, rootMeanSquare } from "./statistics.ts";

const START_MS = Date.UTC(2026, 0, 5, 12, 0, 30);
/** Two seeds: each long enough for the tides, short enough for a test. */
const SEEDS = ["a", "b"];
const SECONDS = 400;

/**
 * Figures of the recordings' statistics table, with the factor by which a synthetic figure may be off. The factors are
 * wide, because minutes of a bursty market vary; they are narrow enough to tell a busy market from a calm one.
 */
type Row = readonly [what: string, synthetic: number, recorded: number, factor: number];

function expectNear(rows: readonly Row[]): void {
  const off = rows.filter(
    ([, synthetic, recorded, factor]) =>
      !(synthetic >= recorded / factor && synthetic <= recorded * factor),
  );
  expect(off).toEqual([]);
}

describe.each(SEEDS)("seed %s", (seed) => {
  test("BTCUSDT is as busy as the recording of August 2024", () => {
    const s = measure(profileOf("BTCUSDT")!, seed, START_MS, SECONDS);
    const lots = (size: number) => size * 1e5;
    expectNear([
      ["messages/s mean", mean(s.perSecond.messages), 119, 1.5],
      ["messages/s p50", quantile(s.perSecond.messages, 0.5), 70, 1.5],
      ["messages/s p99", quantile(s.perSecond.messages, 0.99), 672, 2.2],
      ["bookTicker/s mean", mean(s.perSecond.touches), 81, 1.6],
      ["trade/s mean", mean(s.perSecond.trades), 28, 1.8],
      ["trade/s p50", quantile(s.perSecond.trades, 0.5), 9, 1.8],
      ["trade/s p99", quantile(s.perSecond.trades, 0.99), 314, 2.5],
      ["update ids/s", s.perSecond.updateIds, 527, 1.7],
      ["diffs/s", s.diffs / SECONDS, 9.97, 1.03],
      ["levels per diff mean", mean(s.levelsPerDiff), 36, 1.5],
      ["levels per diff p50", quantile(s.levelsPerDiff, 0.5), 16, 1.4],
      ["levels per diff p90", quantile(s.levelsPerDiff, 0.9), 70, 1.5],
      ["levels per diff p99", quantile(s.levelsPerDiff, 0.99), 391, 2.2],
      ["ids per diff p50", quantile(s.idsPerDiff, 0.5), 19, 1.5],
      ["one-sided diffs", s.oneSidedShare, 0.036, 3],
      ["added", s.operations.add, 0.398, 1.2],
      ["changed", s.operations.change, 0.115, 1.4],
      ["repeated", s.operations.repeat, 0.011, 2],
      ["deleted", s.operations.delete, 0.386, 1.2],
      ["deleted unknown", s.operations.unknown, 0.091, 1.8],
      ["distance bps p50", quantile(s.distanceBps, 0.5), 4.3, 1.3],
      ["distance bps p90", quantile(s.distanceBps, 0.9), 25, 1.4],
      ["at the touch", s.atTouchShare, 0.037, 2],
      ["one tick after diffs", s.oneTickAfterDiff, 0.994, 1.02],
      ["one tick in bookTickers", s.oneTickTouches, 0.88, 1.12],
      ["price-changing bookTickers", s.priceChangingTouches, 0.095, 1.8],
      ["touch p10", quantile(s.touchLots, 0.1), lots(0.19), 2.2],
      ["touch p50", quantile(s.touchLots, 0.5), lots(2.04), 1.5],
      ["touch p90", quantile(s.touchLots, 0.9), lots(4.64), 1.5],
      ["taker orders/s", s.takerOrdersPerSecond, 9.4, 1.7],
      ["trades per order", mean(s.tradesPerOrder), 3, 1.5],
      ["orders at several prices", s.severalPricesShare, 0.139, 2.5],
      ["same side again", s.sameSideShare, 0.68, 1.1],
      ["buyer is maker", s.buyerIsMakerShare, 0.53, 1.3],
      ["trade size p10", quantile(s.tradeLots, 0.1), lots(0.00009), 1.6],
      ["trade size p50", quantile(s.tradeLots, 0.5), lots(0.0006), 1.4],
      ["trade size p90", quantile(s.tradeLots, 0.9), lots(0.056), 1.8],
      ["trade size p99", quantile(s.tradeLots, 0.99), lots(0.32), 1.8],
      ["1 s return rms bps", rootMeanSquare(s.returnBps), 1.14, 1.5],
      ["seconds unchanged", s.unchangedSeconds, 0.6, 1.25],
    ]);
  });

  test("ETHUSDT is as busy as the recording of August 2024", () => {
    const s = measure(profileOf("ETHUSDT")!, seed, START_MS, SECONDS);
    const lots = (size: number) => size * 1e4;
    expectNear([
      ["messages/s mean", mean(s.perSecond.messages), 97, 1.6],
      ["messages/s p50", quantile(s.perSecond.messages, 0.5), 69, 1.5],
      ["bookTicker/s mean", mean(s.perSecond.touches), 70, 1.7],
      ["trade/s mean", mean(s.perSecond.trades), 17.7, 1.8],
      ["update ids/s", s.perSecond.updateIds, 458, 1.7],
      ["levels per diff mean", mean(s.levelsPerDiff), 31, 1.5],
      ["levels per diff p50", quantile(s.levelsPerDiff, 0.5), 13, 1.8],
      ["added", s.operations.add, 0.248, 1.3],
      ["changed", s.operations.change, 0.455, 1.3],
      ["deleted", s.operations.delete, 0.245, 1.3],
      ["deleted unknown", s.operations.unknown, 0.037, 1.8],
      ["distance bps p50", quantile(s.distanceBps, 0.5), 5.7, 1.3],
      ["one tick after diffs", s.oneTickAfterDiff, 0.996, 1.02],
      ["touch p50", quantile(s.touchLots, 0.5), lots(10.1), 1.5],
      ["touch p90", quantile(s.touchLots, 0.9), lots(27.6), 1.6],
      ["taker orders/s", s.takerOrdersPerSecond, 5.6, 1.8],
      ["same side again", s.sameSideShare, 0.75, 1.1],
      ["trade size p50", quantile(s.tradeLots, 0.5), lots(0.0088), 1.5],
      ["trade size p90", quantile(s.tradeLots, 0.9), lots(1), 1.6],
      ["1 s return rms bps", rootMeanSquare(s.returnBps), 1.09, 1.5],
      ["seconds unchanged", s.unchangedSeconds, 0.5, 1.35],
    ]);
  });

  test.each(["SOLUSDT", "BNBUSDT", "XRPUSDT"])(
    "%s is calm, like the calmer recordings",
    (symbol) => {
      const s = measure(profileOf(symbol)!, seed, START_MS, SECONDS);
      // Between BTCUSDT of April 2023 (36 messages/s, 8 levels per diff) and the mid-caps of 2021 (17 to 29, 4 to 5).
      expectNear([
        ["messages/s mean", mean(s.perSecond.messages), 30, 1.7],
        ["levels per diff mean", mean(s.levelsPerDiff), 7, 1.8],
        ["diffs/s", s.diffs / SECONDS, 9.2, 1.1],
        ["one-sided diffs", s.oneSidedShare, 0.22, 1.8],
        ["seconds unchanged", s.unchangedSeconds, 0.8, 1.25],
        ["1 s return rms bps", rootMeanSquare(s.returnBps), 1.2, 2.2],
      ]);
    },
  );
});
