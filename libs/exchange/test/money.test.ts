import { expect, test } from "@jest/globals";
import { Amount } from "@mirrorbook/kernel";
import fc from "fast-check";
import {
  feeOf,
  fixedRatioText,
  moneyText,
  ONE,
  parseMoney,
  productOf,
  ratioText,
  shareOf,
  valueAt,
} from "../src/money.ts";
import { textHash } from "../src/text-hash.ts";

const money = fc.bigInt({ min: -(10n ** 32n), max: 10n ** 32n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 30n });
const decimal = (value: bigint) => new Amount(value.toString()).div(new Amount(10).pow(18));

test("property: text and money are the same number, and decimal.js agrees", () => {
  fc.assert(
    fc.property(money, (value) => {
      expect(parseMoney(moneyText(value))).toBe(value);
      expect(moneyText(value)).toBe(decimal(value).toString());
      expect(moneyText(value)).toBe(moneyText(value)); // From memory.
    }),
  );
});

test.each([
  ["1", ONE],
  ["0.000000000000000001", 1n],
  ["-0.201", -201n * 10n ** 15n],
  ["61737.63000000", 6_173_763n * 10n ** 16n],
])("parseMoney(%s)", (text, expected) => expect(parseMoney(text)).toBe(expected));

test("property: a price times a size is exact, beyond the safe integers too", () => {
  const whole = fc.integer({ min: 0, max: 10 ** 12 });
  fc.assert(
    fc.property(whole, whole, fc.integer({ min: 0, max: 16 }), (ticks, lots, decimals) => {
      const exact = new Amount(ticks).mul(lots).div(new Amount(10).pow(decimals));
      expect(moneyText(productOf(ticks, lots, decimals))).toBe(exact.toString());
    }),
  );
});

test("property: fees round up, shares and ratios to the nearest", () => {
  fc.assert(
    fc.property(positive, positive, positive, (amount, part, whole) => {
      const fee = feeOf(amount, part);
      expect(fee * ONE >= amount * part && (fee - 1n) * ONE < amount * part).toBe(true);
      const share = shareOf(amount, part, whole);
      const error = share * whole - amount * part;
      expect((error < 0n ? -error : error) * 2n <= whole).toBe(true);
    }),
  );
});

/** A withdrawal once took 10^-18 less off what was paid in than the same deposit had added. */
test("property: what leaves is worth what it was when it came", () => {
  fc.assert(
    fc.property(positive, positive, (amount, price) => {
      expect(valueAt(-amount, price)).toBe(-valueAt(amount, price));
      const error = valueAt(amount, price) * ONE - amount * price;
      expect((error < 0n ? -error : error) * 2n <= ONE).toBe(true);
    }),
  );
});

test.each<[bigint, bigint, number, string]>([
  [1n, 3n, 4, "0.3333"],
  [2n, 3n, 4, "0.6667"],
  [-1n, 8n, 2, "-0.13"],
  [5n, 0n, 2, "0"],
  [10n, 5n, 2, "2"],
])("ratioText(%d / %d, %d decimals) is %s", (left, right, decimals, expected) => {
  expect(ratioText(left, right, decimals)).toBe(expected);
});

test("fixedRatioText keeps its zeros", () => {
  expect([fixedRatioText(10n, 5n, 2), fixedRatioText(0n, 5n, 2)]).toEqual(["2.00", "0.00"]);
});

test("texts that differ in one place have different hashes", () => {
  const hashes = new Set<string>();
  for (let i = 0; i < 50_000; i++) hashes.add(textHash(`{"quantity":"0.${i}","side":"buy"}`));
  expect(hashes.size).toBe(50_000);
  expect(textHash("")).toMatch(/^[0-9a-f]{16}$/);
});
