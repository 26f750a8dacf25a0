/**
 * Money: whole numbers of 10^-18 of an asset, as bigint. Sums and differences are exact; only three things round, each by
 * its own function below: fees, shares of a cost, and averages for display. Text and whole ticks and lots become money here
 * and nowhere else.
 *
 * Why not decimal.js: see docs/adr/0010-money-is-a-bigint.md.
 */
import { invariant } from "@mirrorbook/kernel";

/** Whole number of 10^-18 of an asset; may be negative (P&L). */
export type Money = bigint;

export const MONEY_DECIMALS = 18;
export const ONE: Money = 10n ** BigInt(MONEY_DECIMALS);
export const ZERO: Money = 0n;
const HALF: Money = ONE / 2n;
const ALMOST_ONE: Money = ONE - 1n;

/** 10^decimals and 10^(18 - decimals), by decimals. */
const POWERS = Array.from({ length: MONEY_DECIMALS + 1 }, (_, decimals) => 10n ** BigInt(decimals));
const SCALES = Array.from({ length: MONEY_DECIMALS + 1 }, (_, decimals) => {
  return 10n ** BigInt(MONEY_DECIMALS - decimals);
});

/**
 * Reads decimal text exactly.
 * @throws {InvariantError} when it has more than 18 fraction digits; schemas refuse such text at the edge.
 */
export function parseMoney(text: string): Money {
  const point = text.indexOf(".");
  if (point < 0) return BigInt(text) * ONE;
  const decimals = text.length - point - 1;
  const units = BigInt(text.slice(0, point) + text.slice(point + 1));
  return units * scaleOf(decimals);
}

/** The memory of `moneyText` has 2^10 slots. */
const SLOT_BITS = 10;
const knownMoney: (Money | undefined)[] = [];
const knownTexts: string[] = [];

/**
 * Exact decimal text without trailing fraction zeros. Remembers the latest texts: the same amount is told by a posting, a
 * trade, an order and an answer.
 */
export function moneyText(money: Money): string {
  if (money === 0n) return "0";
  if (money < 0n) return `-${moneyText(-money)}`;
  const slot = slotOf(money);
  if (knownMoney[slot] !== money) {
    knownMoney[slot] = money;
    knownTexts[slot] = decimalText(money);
  }
  return knownTexts[slot]!;
}

const asFloat = new Float64Array(1);
const asWords = new Uint32Array(asFloat.buffer);

/** A place among the texts remembered, from the bits of the nearest float: a remainder of a bigint takes twice as long. */
function slotOf(money: Money): number {
  asFloat[0] = Number(money);
  return Math.imul(asWords[0]! ^ asWords[1]!, 0x9e3779b1) >>> (32 - SLOT_BITS);
}

function decimalText(money: Money): string {
  const digits = money.toString().padStart(MONEY_DECIMALS + 1, "0");
  const point = digits.length - MONEY_DECIMALS;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end--;
  const whole = digits.slice(0, point);
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`;
}

/** `units` × 10^-decimals. */
export function moneyOf(units: number, decimals: number): Money {
  return BigInt(units) * scaleOf(decimals);
}

/** `left` × `right` × 10^-decimals: a size at a price. */
export function productOf(left: number, right: number, decimals: number): Money {
  const product = left * right;
  const units = Number.isSafeInteger(product) ? BigInt(product) : BigInt(left) * BigInt(right);
  return units * scaleOf(decimals);
}

/** Whole units of 10^-decimals in `money`, rounded down; exact when it has no finer digits. */
export function unitsIn(money: Money, decimals: number): bigint {
  return money / scaleOf(decimals);
}

/** Whether `money` is a whole number of 10^-decimals. */
export function isWhole(money: Money, decimals: number): boolean {
  return money % scaleOf(decimals) === 0n;
}

/** Fee on `amount`, rounded up: in favour of the venue. */
export function feeOf(amount: Money, rate: Money): Money {
  return rate === 0n ? ZERO : (amount * rate + ALMOST_ONE) / ONE;
}

/** Value of `amount`, which may be negative, at `price`; halves away from zero. Exact for sizes and prices of a market. */
export function valueAt(amount: Money, price: Money): Money {
  const value = amount * price;
  return (value < 0n ? value - HALF : value + HALF) / ONE;
}

/** `part` / `whole` of `amount`, halves up. None is negative, `whole` is not zero. */
export function shareOf(amount: Money, part: Money, whole: Money): Money {
  return (amount * part + whole / 2n) / whole;
}

/** Text of `left` / `right` with at most `decimals` fraction digits, halves away from zero; "0" when `right` is zero. */
export function ratioText(left: Money, right: Money, decimals: number): string {
  return moneyText(ratioOf(left, right, decimals));
}

/** As `ratioText`, with exactly `decimals` fraction digits. */
export function fixedRatioText(left: Money, right: Money, decimals: number): string {
  const text = ratioText(left, right, decimals);
  const point = text.indexOf(".");
  const missing = decimals - (point < 0 ? 0 : text.length - point - 1);
  return `${text}${point < 0 ? "." : ""}${"0".repeat(missing)}`;
}

function ratioOf(left: Money, right: Money, decimals: number): Money {
  if (right === 0n || left === 0n) return ZERO;
  const isNegative = left < 0n !== right < 0n;
  const [over, under] = [left < 0n ? -left : left, right < 0n ? -right : right];
  const scale = scaleOf(decimals);
  const units = (over * POWERS[decimals]! + (under >> 1n)) / under;
  return (isNegative ? -units : units) * scale;
}

export function minOf(left: Money, right: Money): Money {
  return left < right ? left : right;
}

export function maxOf(left: Money, right: Money): Money {
  return left > right ? left : right;
}

function scaleOf(decimals: number): bigint {
  const scale = SCALES[decimals];
  invariant(scale !== undefined, "money has at most 18 decimals");
  return scale;
}
