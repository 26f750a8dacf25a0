/** Markets for tests and benches, each only as particular as its user asks. */
import type { MarketRules, MarketSpec } from "@mirrorbook/book";

const OFF = { min: null, max: null } as const;

/** No rule at all. */
export const OPEN_RULES: MarketRules = {
  price: { ...OFF, tick: null },
  lot: { ...OFF, step: null },
  marketLot: { ...OFF, step: null },
  notional: { ...OFF, applyMinToMarket: false, applyMaxToMarket: false, avgPriceMins: 0 },
  percentPrice: { bidUp: null, bidDown: null, askUp: null, askDown: null, avgPriceMins: 0 },
  trailingBps: OFF,
  maxNumOrders: null,
  maxNumAlgoOrders: null,
  maxPosition: null,
};

/** BTCUSDT's rules of 2025. */
export const BTCUSDT_RULES: MarketRules = {
  price: { min: "0.01", max: "1000000", tick: "0.01" },
  lot: { min: "0.00001", max: "9000", step: "0.00001" },
  marketLot: { min: null, max: "120", step: null },
  notional: {
    min: "5",
    applyMinToMarket: true,
    max: "9000000",
    applyMaxToMarket: false,
    avgPriceMins: 5,
  },
  percentPrice: { bidUp: "5", bidDown: "0.2", askUp: "5", askDown: "0.2", avgPriceMins: 5 },
  trailingBps: { min: 10, max: 2000 },
  maxNumOrders: 200,
  maxNumAlgoOrders: 5,
  maxPosition: null,
};

/** BTCUSDT, open to every order unless rules are given. Prices in cents, sizes in 10^-4. */
export function marketSpec(changes: Partial<MarketSpec> = {}): MarketSpec {
  return {
    symbol: "BTCUSDT",
    pair: "SIM_BTC/SIM_USD",
    base: "SIM_BTC",
    quote: "SIM_USD",
    priceDecimals: 2,
    sizeDecimals: 4,
    rules: OPEN_RULES,
    status: "TRADING",
    ...changes,
  };
}
