/** The market and the orders of this folder's tests. */
import type { CommandBody, NewOrder } from "@mirrorbook/protocol";
import { BTCUSDT_RULES, marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";

/** BTCUSDT as on Binance, rules reduced to those that matter here. Prices in cents, sizes in 10^-5. */
export const BTC = marketSpec({
  sizeDecimals: 5,
  rules: {
    ...BTCUSDT_RULES,
    marketLot: OPEN_RULES.marketLot,
    notional: { ...OPEN_RULES.notional, min: "5", applyMinToMarket: true },
    percentPrice: OPEN_RULES.percentPrice,
    trailingBps: OPEN_RULES.trailingBps,
  },
});

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
