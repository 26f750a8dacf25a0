import type { Side } from "@mirrorbook/kernel";
import type { Market } from "./market.ts";
import { fixedRatioText, type Money, ZERO } from "./money.ts";
import { averageText } from "./order.ts";
import type { Fill } from "./walk.ts";

export interface Cost {
  readonly value: Money;
  readonly averagePrice: string;
  readonly worstPrice: string;
  /** How far the average is from the best displayed price, in basis points; positive is worse. */
  readonly slippageBps: string;
}

/** Exact value of fills, in the quote asset. */
export function valueOfFills(market: Market, fills: readonly Fill[]): Money {
  let value = ZERO;
  for (const { price, size } of fills) value += market.value(price, size);
  return value;
}

/** What at least one fill costs, measured against the book as displayed now. */
export function costOf(market: Market, side: Side, fills: readonly Fill[]): Cost {
  const value = valueOfFills(market, fills);
  const lots = fills.reduce((sum, { size }) => sum + size, 0);
  const last = fills.at(-1)!;
  const best = side === "buy" ? market.book.bestAsk() : market.book.bestBid();
  const atBest = market.value(best ?? last.price, lots);
  const worse = side === "buy" ? value - atBest : atBest - value;
  return {
    value,
    averagePrice:
      fills.length === 1
        ? market.priceText(last.price)
        : averageText(value, market.size(lots), market),
    worstPrice: market.priceText(last.price),
    slippageBps: worse === ZERO ? "0.00" : fixedRatioText(worse * 10_000n, atBest, 2),
  };
}
