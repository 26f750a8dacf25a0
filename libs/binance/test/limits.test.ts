import { describe, expect, test } from "@jest/globals";
import { type Clock, systemClock } from "@mirrorbook/kernel";
import { startMarketSim } from "@mirrorbook/market-sim";
import fc from "fast-check";
import { BLOCKED_HERE, type RestResult, restApi } from "../src/binance-library.ts";
import { LagMeter } from "../src/lag-meter.ts";
import { describeRefusal, Rest } from "../src/rest.ts";
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
      const budget = new WeightBudget(1_500, 3_000);
      let nowMs = 1_000;
      const spent: [atMs: number, weight: number][] = [];
      for (const [weight, pauseMs] of steps) {
        nowMs += pauseMs;
        spent.push([nowMs + budget.take(weight, nowMs), weight]);
      }
      for (const [fromMs] of spent) {
        const inMinute = spent.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + 60_000);
        const weight = inMinute.reduce((sum, [, own]) => sum + own, 0);
        expect(weight).toBeLessThanOrEqual(1_500 + 3_000 + 250);
      }
    }),
  );
});

describe("REST", () => {
  /** Answers depth calls one after the other with the given results and notes when they came. */
  function restWith(results: RestResult[], clock: Clock = systemClock) {
    const askedAtMs: number[] = [];
    const limits: number[] = [];
    const answer = async (): Promise<RestResult> => {
      askedAtMs.push(performance.now());
      return results.shift() ?? { kind: "answer", body: {} };
    };
    const depth = (_symbol: string, limit: number) => {
      limits.push(limit);
      return answer();
    };
    return {
      askedAtMs,
      limits,
      rest: new Rest({ depth, exchangeInfo: answer }, 5_500, clock),
    };
  }
  const banned: RestResult = {
    kind: "refused",
    status: 418,
    retryAfter: "0.3",
    code: -1003,
    message: "banned",
  };

  test("a ban holds for every call, also for those that already wait", async () => {
    const { rest, askedAtMs } = restWith([banned]);
    const first = await rest.depth("A", 5_000);
    expect(first).toMatchObject({ kind: "failed", retryAfterMs: 300 });
    await Promise.all([rest.depth("B", 5), rest.depth("C", 5_000), rest.exchangeInfo(["D"])]);
    for (const atMs of askedAtMs.slice(1)) expect(atMs - askedAtMs[0]!).toBeGreaterThanOrEqual(298);
  });

  test("when full snapshots have used up their weight shorter ones are taken, and only then is waited", async () => {
    const { rest, limits } = restWith([]);
    const snapshots = Array.from({ length: 20 }, (_, i) => rest.depth(`S${i}`, 5_000));
    await Promise.all(snapshots.slice(0, 13));
    rest.stop();
    const kinds = (await Promise.all(snapshots)).map(({ kind }) => kind);
    expect(kinds).toEqual([...Array(13).fill("answer"), ...Array(7).fill("stopped")]);
    expect(limits).toEqual([...Array(9).fill(5_000), ...Array(4).fill(1_000)]);
  });

  test("what others at the address have used of the minute counts too, until the minute is over", async () => {
    const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
    let nowMs = 90_000;
    const answer = (usedWeight: number): RestResult => ({ kind: "answer", body: {}, usedWeight });
    const { rest, limits } = restWith([answer(2_700), answer(2_950), answer(2_990)], clock);
    for (let i = 0; i < 3; i++) await rest.depth("A", 5_000);
    expect(limits).toEqual([5_000, 5_000, 1_000]);
    nowMs = 120_000;
    await rest.depth("A", 5_000);
    expect(limits.at(-1)).toBe(5_000);
  });

  test("rather than go over what Binance allows, a call waits for the next minute", async () => {
    const started = performance.now();
    const clock = {
      nowMs: () => 119_800 + performance.now() - started,
      monotonicMs: () => performance.now(),
    };
    const { rest } = restWith([{ kind: "answer", body: {}, usedWeight: 5_990 }], clock);
    await rest.depth("A", 5);
    await rest.depth("A", 5);
    expect(clock.nowMs()).toBeLessThan(120_000);
    await rest.depth("A", 5_000);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(120_000);
  });

  test("small calls do not wait for the weight that snapshots have used up", async () => {
    const { rest } = restWith([]);
    const snapshots = Array.from({ length: 20 }, (_, i) => rest.depth(`S${i}`, 5_000));
    const small = rest.depth("Q", 5).then(() => "small");
    expect(await Promise.race([small, Promise.all(snapshots).then(() => "snapshots")])).toBe(
      "small",
    );
    rest.stop();
    await Promise.all(snapshots);
  });
});

test("Binance's word on what the address has used is heard with each answer, refusals too", async () => {
  const sim = await startMarketSim({ symbols: ["BTCUSDT"] });
  try {
    const api = restApi(sim.url, 5_000);
    expect(await api.depth("BTCUSDT", 5_000)).toMatchObject({ kind: "answer", usedWeight: 250 });
    expect(await api.depth("NOPE", 5)).toMatchObject({
      kind: "refused",
      usedWeight: expect.any(Number),
    });
  } finally {
    await sim.close();
  }
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
