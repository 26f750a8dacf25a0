import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { addSample, CLOCK_SAMPLES_MAX, NO_ESTIMATE } from "../src/clock-estimate.ts";
import { marketKey } from "../src/market-key.ts";
import {
  backoffMs,
  endsSession,
  mayRepeat,
  nextUrlIndex,
  RECONNECT_BACKOFF,
} from "../src/retry-policy.ts";

test("property: a wait grows with the attempts, stays under its bound and is never nothing", () => {
  const attempt = fc.nat({ max: 2_000 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(attempt, random, (n, r) => {
      const wait = backoffMs(n, r, RECONNECT_BACKOFF);
      expect(wait).toBeGreaterThanOrEqual(RECONNECT_BACKOFF.baseMs / 4);
      expect(wait).toBeLessThanOrEqual(RECONNECT_BACKOFF.maxMs);
      expect(backoffMs(n + 1, r, RECONNECT_BACKOFF)).toBeGreaterThanOrEqual(wait);
    }),
  );
});

test("every address is tried in turn", () => {
  const visits = [0];
  for (let i = 0; i < 5; i++) visits.push(nextUrlIndex(visits.at(-1)!, 3, true));
  expect(visits).toEqual([0, 1, 2, 0, 1, 2]);
  expect(nextUrlIndex(1, 3, false)).toBe(1);
});

test.each([
  { code: "OUTCOME_UNKNOWN", unknown: false, repeats: true },
  { code: "UNAVAILABLE", unknown: false, repeats: true },
  { code: "DRAINING", unknown: false, repeats: true },
  { code: "INTERNAL", unknown: false, repeats: true },
  { code: "RATE_LIMITED", unknown: false, repeats: false },
  { code: "RATE_LIMITED", unknown: true, repeats: true },
  { code: "MARKET_STALE", unknown: true, repeats: false },
  { code: "INSUFFICIENT_BALANCE", unknown: false, repeats: false },
] as const)("$code repeats by itself: $repeats (outcome unknown before: $unknown)", (row) => {
  expect(mayRepeat(row.code, row.unknown)).toBe(row.repeats);
});

test("only codes about the identity end the session", () => {
  expect(["unauthorized", "SESSION_REVOKED"].every(endsSession)).toBe(true);
  expect(["draining", "slow_consumer", "rate_limited", undefined].some(endsSession)).toBe(false);
});

test.each(["SIM_BTC/SIM_USD", "BTCUSDT", "btc/usdt", "BTC/USD", "BTC-USDT", "btc", "SIM_BTC"])(
  "%s means the market BTCUSD",
  (text) => expect(marketKey(text)).toBe("BTCUSD"),
);

test("clock skew is taken from the sample with the shortest round trip", () => {
  let estimate = addSample(NO_ESTIMATE, 1_000, 6_050, 1_100); // 100 ms there and back, 5 s ahead
  estimate = addSample(estimate, 2_000, 7_005, 2_010); // 10 ms, 5 s ahead
  estimate = addSample(estimate, 3_000, 8_400, 3_500); // 500 ms, mostly one way
  expect(estimate.rttMs).toBe(500);
  expect(estimate.skewMs).toBe(5_000);
});

test("old clock samples leave", () => {
  let estimate = addSample(NO_ESTIMATE, 0, 0, 1);
  for (let i = 0; i < CLOCK_SAMPLES_MAX; i++) estimate = addSample(estimate, 0, 100, 50);
  expect(estimate.samples).toHaveLength(CLOCK_SAMPLES_MAX);
  expect(estimate.skewMs).toBe(75);
});
