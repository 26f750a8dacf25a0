import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { compareIds } from "../src/order.ts";
import { timeText } from "../src/time-text.ts";

const YEAR_9999_MS = 253_402_300_799_999;

test("property: a time's text is that of Date, whatever was asked before", () => {
  const times = fc.array(fc.integer({ min: 0, max: YEAR_9999_MS }), { minLength: 1 });
  const near = fc.array(fc.integer({ min: -1_500, max: 1_500 }));
  fc.assert(
    fc.property(times, near, (far, steps) => {
      const around = steps
        .map((step) => Math.max(0, far[0]! + step))
        .filter((ms) => ms <= YEAR_9999_MS);
      for (const ms of [...far, ...around]) expect(timeText(ms)).toBe(new Date(ms).toISOString());
    }),
  );
});

describe("ids are compared by their stream id", () => {
  const cases: [left: string, right: string, sign: number][] = [
    ["0-0", "1-0", -1],
    ["1700000000000-9", "1700000000000-10", -1],
    ["1700000000001-0", "1700000000000-10", 1],
    ["o-1700000000000-2", "1700000000000-2", 0],
    ["o-1700000000000-2-limit", "o-1700000000000-2-stop", 0],
    ["o-1700000000000-3-1000SATSUSDT", "o-1700000000000-20-BTCUSDT", -1],
  ];
  test.each(cases)("%s and %s", (left, right, sign) => {
    expect(Math.sign(compareIds(left, right))).toBe(sign);
    expect(Math.sign(compareIds(right, left)) + sign).toBe(0);
  });

  test.each(["", "o-", "17-", "-3", "abc"])("%p is none", (id) => {
    expect(() => compareIds(id, "1-1")).toThrow("stream ids");
  });
});
