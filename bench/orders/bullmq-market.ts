import type { MarketSpec } from "@mirrorbook/book";

/** BTCUSDT's rules of 2025. */
export const MARKET: MarketSpec = {
  symbol: "BTCUSDT",
  pair: "SIM_BTC/SIM_USD",
  base: "SIM_BTC",
  quote: "SIM_USD",
  priceDecimals: 2,
  sizeDecimals: 6,
  status: "TRADING",
  rules: {
    price: { min: "0.01", max: "1000000", tick: "0.01" },
    lot: { min: "0.00001", max: "9000", step: "0.00001" },
    marketLot: { min: null, max: "120", step: null },
    notional: { min: "5", applyMinToMarket: true, max: "9000000", applyMaxToMarket: false },
    percentPrice: { bidUp: "5", bidDown: "0.2", askUp: "5", askDown: "0.2" },
    trailingBps: { min: 10, max: 2000 },
    maxNumOrders: 200,
    maxNumAlgoOrders: 5,
    maxPosition: null,
  },
};
