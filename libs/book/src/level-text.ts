/**
 * The one text of a level on the wire: the price with exactly `priceDecimals` digits ("61686.00"), the size without
 * trailing zeros ("2.29327", "5", "0"). Prices keep their zeros since people read them in columns; sizes have up to two
 * digits more than the market's step, nearly always zeros, and those would be a fifth of a book's bytes.
 */
import { formatUnits, type Lots, type Ticks } from "@mirrorbook/kernel";
import type { BookUnits } from "./book.ts";
import type { BookLevel } from "./types.ts";

/** Price texts remembered per market; the same few thousand prices come again and again. Cleared when full. */
const CACHED_PRICES_MAX = 8192;

type LevelText = readonly [price: string, size: string];

/** Formats levels of one market, remembering price texts. */
export class LevelFormat {
  readonly #priceDecimals: number;
  readonly #sizeDecimals: number;
  readonly #prices = new Map<Ticks, string>();

  constructor(units: Pick<BookUnits, "priceDecimals" | "sizeDecimals">) {
    this.#priceDecimals = units.priceDecimals;
    this.#sizeDecimals = units.sizeDecimals;
  }

  price(ticks: Ticks): string {
    const known = this.#prices.get(ticks);
    if (known !== undefined) return known;
    const text = formatUnits(ticks, this.#priceDecimals);
    if (this.#prices.size >= CACHED_PRICES_MAX) this.#prices.clear();
    this.#prices.set(ticks, text);
    return text;
  }

  size(lots: Lots): string {
    return formatTrimmed(lots, this.#sizeDecimals);
  }

  levels(levels: readonly BookLevel[]): LevelText[] {
    return levels.map(([price, size]) => [this.price(price), this.size(size)]);
  }
}

/** Formats a whole number of 10^-decimals units without trailing fraction zeros: (150, 2) → "1.5", (200, 2) → "2". */
export function formatTrimmed(units: number, decimals: number): string {
  if (units === 0) return "0";
  let rest = units;
  let digits = decimals;
  while (digits > 0 && rest % 10 === 0) {
    rest /= 10;
    digits--;
  }
  return formatUnits(rest, digits);
}
