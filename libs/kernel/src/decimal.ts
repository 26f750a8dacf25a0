import { Decimal } from "decimal.js";
import { invariant } from "./errors.ts";

/**
 * The project's decimal arithmetic: 40 significant digits, halves away from zero, never exponent notation.
 * Prices times sizes have at most 8 + 8 fraction digits, so sums and products of real amounts are exact.
 */
export const Amount = /* @__PURE__ */ Decimal.clone({
  precision: 40,
  rounding: Decimal.ROUND_HALF_UP,
  toExpNeg: -40,
  toExpPos: 40,
});
export type Amount = Decimal;

/** Plain decimal text: optional minus, digits, optional fraction; no exponent, no sign plus, no spaces. */
export const DECIMAL_TEXT = /^-?(?:0|[1-9]\d{0,19})(?:\.\d{1,18})?$/;

/**
 * Parses non-negative decimal text into a whole number of 10^-decimals units, exactly.
 * Digits finer than the unit are dropped (very old resting orders on Binance have them).
 *
 * @throws {InvariantError} when the text is no decimal or the number is not a safe integer.
 */
export function parseUnits(text: string, decimals: number): number {
  let value = 0;
  let fraction = -1;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 46 && fraction < 0) {
      fraction = 0;
      continue;
    }
    const digit = char - 48;
    invariant(digit >= 0 && digit <= 9, "decimal text has digits and at most one point");
    if (fraction === decimals) continue;
    value = value * 10 + digit;
    if (fraction >= 0) fraction++;
  }
  for (let i = Math.max(fraction, 0); i < decimals; i++) value *= 10;
  invariant(Number.isSafeInteger(value) && text.length > 0, "a number of units is a safe integer");
  return value;
}

/** Formats a whole number of 10^-decimals units with exactly `decimals` fraction digits. */
export function formatUnits(units: number, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(Math.abs(units)).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return `${units < 0 ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Number of significant fraction digits in decimal text: "0.01000000" has 2, "1.00" has 0. */
export function decimalsOf(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.slice(point + 1).replace(/0+$/, "").length;
}
