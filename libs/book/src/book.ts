import type { Lots, Ticks } from "@mirrorbook/kernel";
import { Ladder } from "./ladder.ts";
import type { BookLevel, BookSide } from "./types.ts";

/** What a book needs to know of its market; a `MarketSpec` will do. */
export interface BookUnits {
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

/**
 * A mirrored order book: whole numbers of ticks and lots, changed only by `applySnapshot` and `applyDepth`.
 *
 * Levels are read by rank (0 is the best) or by price, without allocation, so a matcher can walk them:
 * `for (let rank = 0; (price = book.priceAt("ask", rank)) !== undefined; rank++)`.
 *
 * Limit of the model: outside the range of the last snapshot only levels that events have touched are known.
 */
export class Book {
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  readonly bids = new Ladder("bid");
  readonly asks = new Ladder("ask");
  /** Binance's id of the last update contained; 0 before the first snapshot. */
  lastUpdateId = 0;

  constructor(units: BookUnits) {
    this.symbol = units.symbol;
    this.priceDecimals = units.priceDecimals;
    this.sizeDecimals = units.sizeDecimals;
  }

  side(side: BookSide): Ladder {
    return side === "bid" ? this.bids : this.asks;
  }

  bestBid(): Ticks | undefined {
    return this.bids.priceAt(0);
  }

  bestAsk(): Ticks | undefined {
    return this.asks.priceAt(0);
  }

  /** Size displayed at `price`; 0 when there is no such level. */
  sizeAt(side: BookSide, price: Ticks): Lots {
    return this.side(side).sizeAt(price);
  }

  levelCount(side: BookSide): number {
    return this.side(side).length;
  }

  /** Price of the level at `rank`, best first; `undefined` past the last one. */
  priceAt(side: BookSide, rank: number): Ticks | undefined {
    return this.side(side).priceAt(rank);
  }

  /** Size of the level at `rank`, best first; 0 past the last one. */
  sizeAtRank(side: BookSide, rank: number): Lots {
    return this.side(side).sizeAtRank(rank);
  }

  /** The best `count` levels, best first; fewer when the side is shorter. */
  top(side: BookSide, count: number): BookLevel[] {
    const ladder = this.side(side);
    const levels = new Array<BookLevel>(Math.min(count, ladder.length));
    for (let rank = 0; rank < levels.length; rank++) {
      levels[rank] = [ladder.priceAt(rank)!, ladder.sizeAtRank(rank)];
    }
    return levels;
  }
}
