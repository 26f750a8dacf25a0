/**
 * What a market is, from Binance's `exchangeInfo`.
 *
 * Filters changed their names over the years (MIN_NOTIONAL became NOTIONAL, PERCENT_PRICE became PERCENT_PRICE_BY_SIDE)
 * and new ones keep coming; both generations are read, unknown ones and unknown fields are ignored.
 *
 * Source: Binance Spot, Filters.
 */
import type { MarketRules, MarketSpec } from "@mirrorbook/book";
import { decimalsOf } from "@mirrorbook/kernel";
import { z } from "zod";

/** No market has finer prices or sizes than this. */
const WIRE_DECIMALS = 8;
/** Very old resting orders are finer than today's step; two digits more cover those that have been seen. */
const DECIMALS_BEYOND_STEP = 2;

const Filter = z.looseObject({ filterType: z.string() });
type Filter = z.infer<typeof Filter>;

const SymbolInfo = z.object({
  symbol: z.string(),
  status: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  filters: z.array(Filter),
});

const ExchangeInfo = z.object({ symbols: z.array(SymbolInfo) });

export type ParsedMarkets =
  | { readonly kind: "markets"; readonly specs: ReadonlyMap<string, MarketSpec> }
  | { readonly kind: "malformed"; readonly reason: string };

/** Reads an `exchangeInfo` body into specs by symbol. */
export function parseExchangeInfo(body: unknown): ParsedMarkets {
  const info = ExchangeInfo.safeParse(body);
  if (!info.success) return { kind: "malformed", reason: z.prettifyError(info.error) };
  const specs = info.data.symbols.map(marketSpec);
  return { kind: "markets", specs: new Map(specs.map((spec) => [spec.symbol, spec])) };
}

function marketSpec(raw: z.infer<typeof SymbolInfo>): MarketSpec {
  const rules = marketRules(raw.filters);
  const base = simulatedAsset(raw.baseAsset);
  const quote = simulatedAsset(raw.quoteAsset);
  return {
    symbol: raw.symbol,
    pair: `${base}/${quote}`,
    base,
    quote,
    priceDecimals: rules.price.tick === null ? WIRE_DECIMALS : decimalsOf(rules.price.tick),
    sizeDecimals:
      rules.lot.step === null
        ? WIRE_DECIMALS
        : Math.min(WIRE_DECIMALS, decimalsOf(rules.lot.step) + DECIMALS_BEYOND_STEP),
    rules,
    status: raw.status,
  };
}

/** The dollar stable coin is SIM_USD, every other asset SIM_ and its name; as in the wire protocol. */
function simulatedAsset(binanceAsset: string): string {
  return binanceAsset === "USDT" ? "SIM_USD" : `SIM_${binanceAsset}`;
}

function marketRules(filters: readonly Filter[]): MarketRules {
  const byType = new Map(filters.map((filter) => [filter.filterType, filter]));
  const price = byType.get("PRICE_FILTER");
  return {
    price: {
      min: bound(price?.minPrice),
      max: bound(price?.maxPrice),
      tick: bound(price?.tickSize),
    },
    lot: lotRule(byType.get("LOT_SIZE")),
    marketLot: lotRule(byType.get("MARKET_LOT_SIZE")),
    notional: notionalRule(byType.get("NOTIONAL"), byType.get("MIN_NOTIONAL")),
    percentPrice: percentRule(byType.get("PERCENT_PRICE_BY_SIDE"), byType.get("PERCENT_PRICE")),
    trailingBps: trailingRule(byType.get("TRAILING_DELTA")),
    maxNumOrders: limit(byType.get("MAX_NUM_ORDERS")?.maxNumOrders),
    maxNumAlgoOrders: limit(byType.get("MAX_NUM_ALGO_ORDERS")?.maxNumAlgoOrders),
    maxPosition: bound(byType.get("MAX_POSITION")?.maxPosition),
  };
}

function lotRule(filter: Filter | undefined): MarketRules["lot"] {
  return {
    min: bound(filter?.minQty),
    max: bound(filter?.maxQty),
    step: bound(filter?.stepSize),
  };
}

function notionalRule(
  now: Filter | undefined,
  before: Filter | undefined,
): MarketRules["notional"] {
  if (now !== undefined) {
    return {
      min: bound(now.minNotional),
      applyMinToMarket: now.applyMinToMarket === true,
      max: bound(now.maxNotional),
      applyMaxToMarket: now.applyMaxToMarket === true,
      avgPriceMins: limit(now.avgPriceMins) ?? 0,
    };
  }
  return {
    min: bound(before?.minNotional),
    applyMinToMarket: before?.applyToMarket === true,
    max: null,
    applyMaxToMarket: false,
    avgPriceMins: limit(before?.avgPriceMins) ?? 0,
  };
}

function percentRule(
  bySide: Filter | undefined,
  both: Filter | undefined,
): MarketRules["percentPrice"] {
  return {
    bidUp: bound(bySide?.bidMultiplierUp ?? both?.multiplierUp),
    bidDown: bound(bySide?.bidMultiplierDown ?? both?.multiplierDown),
    askUp: bound(bySide?.askMultiplierUp ?? both?.multiplierUp),
    askDown: bound(bySide?.askMultiplierDown ?? both?.multiplierDown),
    avgPriceMins: limit(bySide?.avgPriceMins ?? both?.avgPriceMins) ?? 0,
  };
}

/** Binance bounds trailing orders above and below the market apart; an order that keeps to the narrower range keeps to both. */
function trailingRule(filter: Filter | undefined): MarketRules["trailingBps"] {
  const mins = [limit(filter?.minTrailingAboveDelta), limit(filter?.minTrailingBelowDelta)];
  const maxs = [limit(filter?.maxTrailingAboveDelta), limit(filter?.maxTrailingBelowDelta)];
  return {
    min: mins.reduce((a, b) => (a === null ? b : b === null ? a : Math.max(a, b))),
    max: maxs.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b))),
  };
}

/** Decimal text of a bound; "0" and absent switch the rule off. */
function bound(value: unknown): string | null {
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) && /[1-9]/.test(value)
    ? value
    : null;
}

function limit(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}
