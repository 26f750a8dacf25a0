import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { BLOCKED_HERE } from "../src/binance-library.ts";
import { LagMeter } from "../src/lag-meter.ts";
import { describeRefusal } from "../src/rest.ts";
import { depthWeight, WeightBudget } from "../src/weight-budget.ts";

test.each([
  [5, 5],
  [100, 5],
  [101, 25],
  [500, 25],
  [1000, 50],
  [1001, 250],
  [5000, 250],
])("a snapshot of %d levels weighs %d", (limit, weight) => {
  expect(depthWeight(limit)).toBe(weight);
});

test("property: calls that wait as told never exceed a burst and the rate after it", () => {
  const calls = fc.array(fc.tuple(fc.integer({ min: 1, max: 250 }), fc.nat({ max: 3_000 })));
  fc.assert(
    fc.property(calls, (steps) => {
      const budget = new WeightBudget(3_000);
      let nowMs = 1_000;
      const spent: [atMs: number, weight: number][] = [];
      for (const [weight, pauseMs] of steps) {
        nowMs += pauseMs;
        spent.push([nowMs + budget.take(weight, nowMs), weight]);
      }
      for (const [fromMs] of spent) {
        const inMinute = spent.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + 60_000);
        const weight = inMinute.reduce((sum, [, own]) => sum + own, 0);
        expect(weight).toBeLessThanOrEqual(3_000 + 1_500 + 250);
      }
    }),
  );
});

test("a pause holds for everybody until it is over", () => {
  const budget = new WeightBudget(3_000);
  budget.pause(5_000, 1_000);
  expect(budget.take(1, 2_000)).toBe(4_000);
  expect(budget.pausedForMs(6_000)).toBe(0);
});

describe("what a refusal is told as", () => {
  const refusal = (status: number | undefined, retryAfter?: string) => ({
    kind: "refused" as const,
    status,
    retryAfter,
    code: undefined,
    message: "words",
  });

  test.each([
    [refusal(451), BLOCKED_HERE, 60_000],
    [refusal(429, "7"), "HTTP 429: too many requests; Binance asks to wait 7 s", 7_000],
    [refusal(429), "HTTP 429: too many requests; Binance asks to wait 60 s", 60_000],
    [refusal(418, "120"), "HTTP 418: this address is banned; Binance asks to wait 120 s", 120_000],
    [
      refusal(418, "nonsense"),
      "HTTP 418: this address is banned; Binance asks to wait 60 s",
      60_000,
    ],
    [refusal(418, "99999999"), expect.stringContaining("259200 s"), 259_200_000],
    [refusal(503), "HTTP 503: words", 1_000],
    [refusal(403), "HTTP 403: words", 60_000],
    [refusal(undefined), "words", 1_000],
  ])("%j", (raw, reason, retryAfterMs) => {
    expect(describeRefusal(raw)).toMatchObject({ kind: "failed", reason, retryAfterMs });
  });

  test("HTTP 451 names the settings that help", () => {
    expect(BLOCKED_HERE).toMatch(/451.*BINANCE_REST_URL.*MARKET=simulated/);
  });
});

describe("lag", () => {
  test("is what an event is later than the quickest, whatever the clocks say", () => {
    const meter = new LagMeter();
    const skewMs = -1_723_161_255_000;
    expect(meter.measure(1000 - skewMs, 1050)).toBe(0);
    expect(meter.measure(1100 - skewMs, 1150)).toBe(0);
    expect(meter.measure(1200 - skewMs, 4250)).toBe(3_000);
    expect(meter.measure(1300 - skewMs, 1340)).toBe(0);
    expect(meter.measure(1400 - skewMs, 1450)).toBe(10);
  });

  test("forgets after two windows, so clocks may drift", () => {
    const meter = new LagMeter();
    meter.measure(0, 0);
    expect(meter.measure(400_000, 401_000)).toBe(1_000);
    expect(meter.measure(800_000, 801_000)).toBe(0);
  });
});
