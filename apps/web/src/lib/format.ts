import { decimalsOf } from "@mirrorbook/kernel";

/** Numbers for the eye. Everything exact stays decimal text; floats appear only here. */

const formats = new Map<string, Intl.NumberFormat>();

function format(min: number, max: number): Intl.NumberFormat {
  const key = `${min}:${max}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: min,
    maximumFractionDigits: max,
  });
  formats.set(key, made);
  return made;
}

const MINUS = "\u2212";
export const NONE = "\u2013";

/** With exactly `decimals` fraction digits and thousands separators; a dash when there is no value. */
export function fixed(value: string | number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || value === "") return NONE;
  const number = Number(value);
  return Number.isFinite(number)
    ? format(decimals, decimals).format(number).replace("-", MINUS)
    : NONE;
}

/** As short as it is exact, up to `decimals` fraction digits. */
export function trimmed(value: string | number | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return NONE;
  return format(0, decimals).format(Number(value)).replace("-", MINUS);
}

/** With a sign always: direction must not be told by colour alone. */
export function signed(value: number | string | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return NONE;
  const number = Number(value);
  const text = format(decimals, decimals).format(Math.abs(number));
  if (Number(text.replaceAll(",", "")) === 0) return text;
  return `${number < 0 ? MINUS : "+"}${text}`;
}

/** A size with the same decimals down a whole column, shortened only where it could not be read any more. */
export function sized(size: number, decimals: number): string {
  if (size >= 1e9) return `${format(2, 2).format(size / 1e9)}B`;
  if (size >= 1e6) return `${format(2, 2).format(size / 1e6)}M`;
  return fixed(size, size >= 1e5 ? Math.min(decimals, 1) : decimals);
}

/** Fraction digits of a market's step: what sizes are shown with. */
export function stepDecimals(step: string): number {
  return Math.min(decimalsOf(step), SIZE_DECIMALS_MAX);
}

const SIZE_DECIMALS_MAX = 5;

/** -1, 0 or 1 for a number as it is shown with `decimals`: what reads 0.00 has no direction. */
export function directionOf(value: number, decimals: number): -1 | 0 | 1 {
  const half = 0.5 / 10 ** decimals;
  if (value >= half) return 1;
  return value <= -half ? -1 : 0;
}

/** ▲ ▼ or a space of the same width. */
export function arrow(direction: number): string {
  return direction > 0 ? "\u25b2" : direction < 0 ? "\u25bc" : "\u2007";
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export function timeOf(iso: string): string {
  return clock.format(new Date(iso));
}

/** Time only for today, with the date before it else. */
export function momentOf(iso: string, now = new Date()): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? clock.format(date) : dayAndClock.format(date);
}

/** SIM_BTC → BTC: on the page everything is simulated, and says so once. */
export function assetName(asset: string): string {
  return asset.replace(/^SIM_/, "");
}

export function marketName(pair: string): string {
  return pair.replaceAll("SIM_", "");
}

/** "take_profit_limit" → "Take profit limit". */
export function words(code: string): string {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
