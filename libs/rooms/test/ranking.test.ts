import { describe, expect, test } from "@jest/globals";
import { parseMoney } from "@mirrorbook/exchange";
import { RoomMetric } from "@mirrorbook/protocol";
import fc from "fast-check";
import {
  addEquity,
  type Contender,
  decodeStats,
  type EquityStats,
  encodeStats,
  NO_STATS,
  rankChanges,
  rankContenders,
  ratiosOf,
  rowOf,
  SAMPLES_MIN,
} from "../src/index.ts";

function statsOf(equities: readonly number[]): EquityStats {
  return equities.reduce(addEquity, NO_STATS);
}

function contender(userId: string, changes: Partial<Contender> = {}): Contender {
  return {
    userId,
    name: userId,
    equity: parseMoney("100"),
    deposited: parseMoney("100"),
    realized: 0n,
    stats: NO_STATS,
    lastFillAt: null,
    ...changes,
  };
}

describe("figures of risk", () => {
  test("computed by hand: +10 %, −10 %, repeated", () => {
    // 100 → 110 → 99 → 108.9 → 98.01 …: ten returns of ±0.1, mean 0, so Sharpe and Sortino are 0 within rounding.
    const equities = [100];
    for (let i = 0; i < 10; i++) equities.push(equities[i]! * (i % 2 === 0 ? 1.1 : 0.9));
    const stats = statsOf(equities);
    const { sharpe, sortino, calmar } = ratiosOf(stats);
    expect(stats.returns).toBe(10);
    expect(sharpe).toBeCloseTo(0, 12);
    expect(sortino).toBeCloseTo(0, 12);
    // Peak 110 at the first step, trough 0.99^5 × 100 = 95.099…; worst loss from the peak 1 − 95.0990/110.
    const trough = 100 * 0.99 ** 5;
    expect(stats.maxDrawdown).toBeCloseTo(1 - trough / 110, 12);
    expect(calmar).toBeCloseTo((trough / 100 - 1) / (1 - trough / 110), 12);
  });

  test("computed by hand: nine of +1 % and one of −2 %", () => {
    const equities = [1_000];
    for (let i = 0; i < 9; i++) equities.push(equities[i]! * 1.01);
    equities.push(equities[9]! * 0.98);
    const { sharpe, sortino } = ratiosOf(statsOf(equities));
    // Mean 0.007; variance (9 × 0.003² + 0.027²) / 9 = 0.00009; downside √(0.02² / 10).
    expect(sharpe).toBeCloseTo(0.007 / Math.sqrt(0.00009), 9);
    expect(sortino).toBeCloseTo(0.007 / Math.sqrt(0.00004), 9);
  });

  test("do not count before there are enough returns, nor where there is nothing to divide by", () => {
    const few = statsOf(Array.from({ length: SAMPLES_MIN }, (_, i) => 100 + (i % 3)));
    expect(ratiosOf(few)).toEqual({ sharpe: null, sortino: null, calmar: null });
    const flat = statsOf(Array(SAMPLES_MIN + 1).fill(100));
    expect(ratiosOf(flat)).toEqual({ sharpe: null, sortino: null, calmar: null });
  });

  test("read back bit for bit", () => {
    const stats = statsOf([100, 100.1, 99.7, 1e-9, 3]);
    expect(decodeStats(encodeStats(stats))).toEqual(stats);
  });

  test("property: running sums agree with the definitions over all snapshots", () => {
    const curves = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), {
      minLength: SAMPLES_MIN + 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(curves, (curve) => {
        const returns = curve.slice(1).map((equity, i) => equity / curve[i]! - 1);
        const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
        const variance =
          returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (returns.length - 1);
        const below = Math.sqrt(
          returns.reduce((sum, value) => sum + (value < 0 ? value * value : 0), 0) / returns.length,
        );
        const drawdowns = curve.flatMap((peak, i) => curve.slice(i).map((at) => 1 - at / peak));
        const stats = statsOf(curve);
        const { sharpe, sortino } = ratiosOf(stats);
        expect(stats.maxDrawdown).toBeCloseTo(Math.max(...drawdowns), 9);
        if (variance > 1e-9) expect(close(sharpe!, mean / Math.sqrt(variance))).toBe(true);
        if (below > 1e-9) expect(close(sortino!, mean / below)).toBe(true);
      }),
    );
  });
});

function close(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-6 * Math.max(1, Math.abs(left), Math.abs(right));
}

describe("ranking", () => {
  test("by return, ties by drawdown, then the earlier last fill, then the user id", () => {
    const drawn = { ...NO_STATS, maxDrawdown: 0.1 };
    const ranked = rankContenders(
      [
        contender("never"),
        contender("late", { lastFillAt: "2026-01-01T00:00:02.000Z" }),
        contender("b-early", { lastFillAt: "2026-01-01T00:00:01.000Z" }),
        contender("a-early", { lastFillAt: "2026-01-01T00:00:01.000Z" }),
        contender("drawn", { stats: drawn, lastFillAt: "2026-01-01T00:00:00.000Z" }),
        contender("best", { equity: parseMoney("100.000000000000000001") }),
      ],
      "return",
    );
    expect(ranked.map(({ userId }) => userId)).toEqual([
      "best",
      "a-early",
      "b-early",
      "late",
      "never",
      "drawn",
    ]);
    expect(ranked.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a smaller drawdown is better, and a ratio that does not count comes last", () => {
    const stats = (maxDrawdown: number) => ({ ...NO_STATS, returns: 5, maxDrawdown });
    const two = [contender("a", { stats: stats(0.2) }), contender("b", { stats: stats(0.1) })];
    expect(rankContenders(two, "max_drawdown")[0]!.userId).toBe("b");
    const losing = statsOf(Array.from({ length: 12 }, (_, i) => 100 - i));
    const sharpe = rankContenders(
      [contender("new"), contender("old", { stats: losing })],
      "sharpe",
    );
    expect(sharpe.map(({ userId, value }) => [userId, value === null])).toEqual([
      ["old", false],
      ["new", true],
    ]);
  });

  test("rows show four decimals of a percent, halves away from zero", () => {
    const row = (equity: string) =>
      rowOf(rankContenders([contender("a", { equity: parseMoney(equity) })], "return")[0]!);
    expect(row("101.5").returnPercent).toBe("1.5");
    expect(row("99.99995").returnPercent).toBe("-0.0001");
    expect(row("100.00004").returnPercent).toBe("0");
    expect(row("66.6666").returnPercent).toBe("-33.3334");
  });

  const contenders = fc.uniqueArray(
    fc.record({
      userId: fc.string({ minLength: 1, maxLength: 3 }),
      equity: fc.bigInt({ min: 0n, max: 5n }),
      realized: fc.bigInt({ min: -3n, max: 3n }),
      curve: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 14 }),
      lastFillAt: fc.constantFrom(null, "2026-01-01T00:00:01.000Z", "2026-01-01T00:00:02.000Z"),
    }),
    { selector: ({ userId }) => userId, maxLength: 12 },
  );
  const build = ({ userId, curve, ...rest }: { userId: string; curve: number[] } & object) =>
    contender(userId, { ...rest, deposited: 3n, stats: statsOf(curve) });

  test("property: a member's rank is one more than the number of members better than it", () => {
    fc.assert(
      fc.property(contenders, fc.constantFrom(...RoomMetric.options), (raw, metric) => {
        const members = raw.map(build);
        for (const { userId, rank } of rankContenders(members, metric)) {
          const self = members.find((member) => member.userId === userId)!;
          const better = members.filter((other) => isBetter(other, self, metric));
          expect(rank).toBe(better.length + 1);
        }
      }),
    );
  });

  test("property: the order members come in changes nothing, and changes tell exactly who moved", () => {
    fc.assert(
      fc.property(contenders, contenders, (before, after) => {
        const old = rankContenders(before.map(build), "return");
        const next = rankContenders(after.map(build), "return");
        expect(rankContenders(after.map(build).reverse(), "return")).toEqual(next);
        const ranks = new Map(old.map(({ userId, rank }) => [userId, rank]));
        const moved = rankChanges(ranks, next).map(({ ranked }) => ranked.userId);
        const told = new Set(moved);
        for (const { userId, rank } of next)
          expect(told.has(userId)).toBe(ranks.get(userId) !== rank);
        expect(moved.length).toBe(told.size);
      }),
    );
  });
});

/** The rule in words, written once more: pairwise, with fractions and no sorting. */
function isBetter(left: Contender, right: Contender, metric: RoomMetric): boolean {
  const figures = (one: Contender): (number | null)[] => {
    const ratios = ratiosOf(one.stats);
    const metrics = {
      return: Number(one.equity - one.deposited) / Number(one.deposited),
      realized_pnl: Number(one.realized),
      max_drawdown: -one.stats.maxDrawdown,
      ...ratios,
    };
    return [
      metrics[metric],
      -one.stats.maxDrawdown,
      one.lastFillAt && -Date.parse(one.lastFillAt),
    ] as (number | null)[];
  };
  const [ours, theirs] = [figures(left), figures(right)];
  for (const [index, mine] of ours.entries()) {
    const other = theirs[index]!;
    const [a, b] = [mine ?? -Infinity, other ?? -Infinity];
    if (a !== b) return a > b;
  }
  return left.userId < right.userId;
}
