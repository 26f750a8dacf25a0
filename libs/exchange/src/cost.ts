import type { Amount, Side } from "@mirrorbook/kernel";
import type { Market } from "./market.ts";
import { ratioText, ZERO } from "./money.ts";
import { averageText } from "./order.ts";
import type { Fill } from "./walk.ts";

export interface Cost {
  readonly value: Amount;
  readonly averagePrice: string;
  readonly worstPrice: string;
  /** How far the average is from the best displayed price, in basis points; positive is worse. */
  readonly slippageBps: string;
}

/** What at least one fill costs, measured against the book as displayed now. */
export function costOf(market: Market, side: Side, fills: readonly Fill[]): Cost {
  let value = ZERO;
  let lots = 0;
  for (const { price, size } of fills) {
    value = value.add(market.value(price, size));
    lots += size;
  }
  const last = fills.at(-1)!;
  const best = side === "buy" ? market.book.bestAsk() : market.book.bestBid();
  const atBest = market.value(best ?? last.price, lots);
  const worse = side === "buy" ? value.sub(atBest) : atBest.sub(value);
  return {
    value,
    averagePrice:
      fills.length === 1
        ? market.priceText(last.price)
        : averageText(value, market.size(lots), market),
    worstPrice: market.priceText(last.price),
    slippageBps: worse.isZero() ? "0.00" : ratioText(worse, atBest, 10_000),
  };
}
