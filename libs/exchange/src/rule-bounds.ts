import type { MarketSpec } from "@mirrorbook/book";
import { type Money, parseMoney, unitsIn } from "./money.ts";

/** Bounds in whole ticks or lots. A rule that is switched off has the bounds 0 and Infinity and the step 1. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** The rules of a market in its own units, computed once per `exchangeInfo`. */
export interface RuleBounds {
  readonly price: Bounds;
  readonly lot: Bounds;
  readonly marketLot: Bounds;
  readonly notionalMin: Money | null;
  readonly notionalMax: Money | null;
  readonly maxPosition: Money | null;
}

interface BoundTexts {
  readonly min: string | null;
  readonly max: string | null;
}

export function ruleBounds(spec: MarketSpec): RuleBounds {
  const { price, lot, marketLot, notional, maxPosition } = spec.rules;
  return {
    price: bounds(price, price.tick, spec.priceDecimals),
    lot: bounds(lot, lot.step, spec.sizeDecimals),
    marketLot: bounds(marketLot, marketLot.step, spec.sizeDecimals),
    notionalMin: notional.min === null ? null : parseMoney(notional.min),
    notionalMax: notional.max === null ? null : parseMoney(notional.max),
    maxPosition: maxPosition === null ? null : parseMoney(maxPosition),
  };
}

function bounds({ min, max }: BoundTexts, step: string | null, decimals: number): Bounds {
  return {
    min: min === null ? 0 : units(min, decimals),
    max: max === null ? Number.POSITIVE_INFINITY : units(max, decimals),
    step: step === null ? 1 : Math.max(1, units(step, decimals)),
  };
}

/** A maximum may lie beyond the safe integers; as a bound its last digits do not matter. */
function units(text: string, decimals: number): number {
  return Number(unitsIn(parseMoney(text), decimals));
}
