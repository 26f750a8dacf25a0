import { expect, test } from "@jest/globals";
import {
  directionOf,
  fixed,
  NONE,
  signed,
  sized,
  stepDecimals,
  trimmed,
} from "../src/lib/format.ts";

test.each([
  { text: fixed("1234.5", 2), expected: "1,234.50" },
  { text: fixed(-0.5, 2), expected: "−0.50" },
  { text: fixed(null, 2), expected: NONE },
  { text: fixed("", 2), expected: NONE },
  { text: fixed(Number.NaN, 2), expected: NONE },
  { text: trimmed("0.50000000", 8), expected: "0.5" },
  { text: signed(1.234, 2), expected: "+1.23" },
  { text: signed("-1.2", 2), expected: "−1.20" },
  { text: signed(-0.001, 2), expected: "0.00" },
  { text: sized(0.5, 5), expected: "0.50000" },
  { text: sized(2_500_000, 1), expected: "2.50M" },
])("$expected", ({ text, expected }) => {
  expect(text).toBe(expected);
});

test("what reads as nothing has no direction", () => {
  expect([0.004, -0.004, 0.006, -0.006].map((value) => directionOf(value, 2))).toEqual([
    0, 0, 1, -1,
  ]);
});

test("sizes have the market's step as their grain", () => {
  expect(["0.00001000", "0.10000000", "1.00000000"].map(stepDecimals)).toEqual([5, 1, 0]);
});
