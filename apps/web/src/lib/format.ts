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

/** A size in few characters: four significant digits or the market's decimals, whichever is shorter. */
export function sized(size: number, decimals: number): string {
  if (size >= 1e6) return `${format(2, 2).format(size / 1e6)}M`;
  if (size >= 1e4) return `${format(1, 1).format(size / 1e3)}K`;
  const digits = size >= 1000 ? 1 : size >= 100 ? 2 : size >= 10 ? 3 : Math.min(decimals, 5);
  return fixed(size, Math.min(digits, decimals));
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
