import { formatUnits } from "@mirrorbook/kernel";
import { wireDecimal } from "./wire-decimal.ts";

/** One entry of a symbol's `filters`; values as Binance sends them. */
export type SymbolFilter = { readonly filterType: string } & Readonly<
  Record<string, string | number | boolean>
>;

/** One entry of `exchangeInfo.symbols`. */
export interface SymbolInfo {
  readonly symbol: string;
  readonly status: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly filters: readonly SymbolFilter[];
  readonly [field: string]: unknown;
}

/** What a symbol's rules are made from. */
export interface SymbolRules {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** Largest market order, in the base asset. */
  readonly marketMax: number;
  /** Smallest order value in the quote asset, decimal text. */
  readonly minNotional: string;
  readonly maxPosition: number | undefined;
}

const RATE_LIMITS = [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 100 },
  { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 200_000 },
  { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 300_000 },
];

/** Largest limit order, in the base asset. */
const LOT_MAX = 9_000_000;

const ORDER_TYPES = [
  "LIMIT",
  "LIMIT_MAKER",
  "MARKET",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
];

/** The body of `GET /api/v3/exchangeInfo`. */
export function exchangeInfo(symbols: readonly SymbolInfo[], serverTimeMs: number): object {
  return {
    timezone: "UTC",
    serverTime: serverTimeMs,
    rateLimits: RATE_LIMITS,
    exchangeFilters: [],
    symbols,
  };
}

/** A symbol entry with the filters and fields of Binance in 2025. Source: the recorded exchangeInfo of 2025-08-07. */
export function makeSymbolInfo(rules: SymbolRules): SymbolInfo {
  return {
    symbol: rules.symbol,
    status: "TRADING",
    baseAsset: rules.base,
    baseAssetPrecision: 8,
    quoteAsset: rules.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ORDER_TYPES,
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: true,
    filters: makeFilters(rules),
    permissions: [],
    permissionSets: [["SPOT", "MARGIN"]],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"],
  };
}

function makeFilters(rules: SymbolRules): SymbolFilter[] {
  const tickSize = wireDecimal(1, rules.priceDecimals);
  const stepSize = wireDecimal(1, rules.sizeDecimals);
  const largest = (units: number) => `${formatUnits(units, 0)}.00000000`;
  const filters: SymbolFilter[] = [
    {
      filterType: "PRICE_FILTER",
      minPrice: tickSize,
      maxPrice: largest(10 ** Math.max(3, 8 - rules.priceDecimals)),
      tickSize,
    },
    { filterType: "LOT_SIZE", minQty: stepSize, maxQty: largest(LOT_MAX), stepSize },
    { filterType: "ICEBERG_PARTS", limit: 10 },
    {
      filterType: "MARKET_LOT_SIZE",
      minQty: "0.00000000",
      maxQty: rules.marketMax.toFixed(8),
      stepSize: "0.00000000",
    },
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: 10,
      maxTrailingAboveDelta: 2_000,
      minTrailingBelowDelta: 10,
      maxTrailingBelowDelta: 2_000,
    },
    {
      filterType: "PERCENT_PRICE_BY_SIDE",
      bidMultiplierUp: "5",
      bidMultiplierDown: "0.2",
      askMultiplierUp: "5",
      askMultiplierDown: "0.2",
      avgPriceMins: 5,
    },
    {
      filterType: "NOTIONAL",
      minNotional: rules.minNotional,
      applyMinToMarket: true,
      maxNotional: "9000000.00000000",
      applyMaxToMarket: false,
      avgPriceMins: 5,
    },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: 200 },
    { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: 5 },
  ];
  if (rules.maxPosition === undefined) return filters;
  return [...filters, { filterType: "MAX_POSITION", maxPosition: rules.maxPosition.toFixed(8) }];
}
