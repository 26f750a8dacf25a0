import type { MarketSpec } from "@mirrorbook/book";
import { formatUnits } from "@mirrorbook/kernel";
import type { MarketInfo } from "@mirrorbook/protocol";
import type { MirroredMarket } from "../market-mirror.ts";

export interface Fees {
  readonly makerFeeRate: string;
  readonly takerFeeRate: string;
}

/** What clients learn of a market. A rule that is switched off shows as the unit, or as 0. */
export function marketInfo(
  { spec, status }: MirroredMarket,
  source: MarketInfo["source"],
  { makerFeeRate, takerFeeRate }: Fees,
): MarketInfo {
  const { pair, symbol, base, quote, priceDecimals, sizeDecimals } = spec;
  return {
    pair,
    symbol,
    base,
    quote,
    priceDecimals,
    sizeDecimals,
    ...sizesOf(spec),
    makerFeeRate,
    takerFeeRate,
    status,
    source,
  };
}

function sizesOf({ rules, priceDecimals, sizeDecimals }: MarketSpec) {
  const stepSize = rules.lot.step ?? formatUnits(1, sizeDecimals);
  return {
    tickSize: rules.price.tick ?? formatUnits(1, priceDecimals),
    stepSize,
    minQuantity: rules.lot.min ?? stepSize,
    minNotional: rules.notional.min ?? "0",
  };
}
