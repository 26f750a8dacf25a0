import type { BookSide, MarketTrade } from "@mirrorbook/book";
import { PENDING_TRADES_MAX } from "./limits.ts";

type TradedSide = Map<number, number>;
interface TradedSides {
  readonly bid: TradedSide;
  readonly ask: TradedSide;
}

/** The side of the book that a trade took from. */
export function hitSide(trade: MarketTrade): BookSide {
  return trade.buyerIsMaker ? "bid" : "ask";
}

/**
 * Public trades that the displayed book does not contain yet.
 *
 * Trades come in real time, depth events every 100 ms, so a trade usually precedes the depth event that contains it.
 * Until then its size is displayed but gone: nobody may take it, and the decrease to come is no cancellation. A depth
 * event contains the trades up to its own exchange time.
 */
export class PendingTrades {
  readonly #sizes: TradedSides = { bid: new Map(), ask: new Map() };
  #trades: MarketTrade[] = [];

  /** Lots traded by price. */
  side(side: BookSide): ReadonlyMap<number, number> {
    return this.#sizes[side];
  }

  get trades(): readonly MarketTrade[] {
    return this.#trades;
  }

  add(trade: MarketTrade): void {
    this.#trades.push(trade);
    change(this.#sizes[hitSide(trade)], trade.price, trade.size);
    if (this.#trades.length > PENDING_TRADES_MAX) this.#forget(this.#trades.shift()!);
  }

  /** Removes the trades up to `exchangeTimeMs` and returns their lots by side and price. */
  takeUpTo(exchangeTimeMs: number): TradedSides {
    const taken: TradedSides = { bid: new Map(), ask: new Map() };
    if (this.#trades.length === 0) return taken;
    const left: MarketTrade[] = [];
    for (const trade of this.#trades) {
      if (trade.tradeTimeMs > exchangeTimeMs) {
        left.push(trade);
        continue;
      }
      this.#forget(trade);
      change(taken[hitSide(trade)], trade.price, trade.size);
    }
    this.#trades = left;
    return taken;
  }

  #forget(trade: MarketTrade): void {
    change(this.#sizes[hitSide(trade)], trade.price, -trade.size);
  }
}

function change(sizes: TradedSide, price: number, by: number): void {
  const size = (sizes.get(price) ?? 0) + by;
  if (size === 0) sizes.delete(price);
  else sizes.set(price, size);
}
