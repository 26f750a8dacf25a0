/** The market and the orders of this folder's tests. */
import type { MarketSpec } from "@mirrorbook/book";
import type { CommandBody, NewOrder } from "@mirrorbook/protocol";

const off = { min: null, max: null };

/** BTCUSDT as on Binance, rules reduced to those that matter here. Prices in cents, sizes in 10^-5. */
export const BTC: MarketSpec = {
  symbol: "BTCUSDT",
  pair: "SIM_BTC/SIM_USD",
  base: "SIM_BTC",
  quote: "SIM_USD",
  priceDecimals: 2,
  sizeDecimals: 5,
  status: "TRADING",
  rules: {
    price: { min: "0.01", max: "1000000", tick: "0.01" },
    lot: { min: "0.00001", max: "9000", step: "0.00001" },
    marketLot: { min: null, max: null, step: null },
    notional: { min: "5", applyMinToMarket: true, max: null, applyMaxToMarket: false },
    percentPrice: { bidUp: null, bidDown: null, askUp: null, askDown: null },
    trailingBps: off,
    maxNumOrders: 200,
    maxNumAlgoOrders: 5,
    maxPosition: null,
  },
};

export function marketOrder(order: Partial<NewOrder>): CommandBody & { type: "order:place" } {
  return {
    type: "order:place",
    order: {
      account: "main",
      symbol: BTC.symbol,
      side: "buy",
      type: "market",
      quantity: null,
      quoteQuantity: null,
      price: null,
      stopPrice: null,
      trailingBps: null,
      timeInForce: order.type === "limit" ? "GTC" : "IOC",
      expireAtMs: null,
      postOnly: false,
      ...order,
    },
  };
}

export const limitOrder = (order: Partial<NewOrder>) => marketOrder({ type: "limit", ...order });
