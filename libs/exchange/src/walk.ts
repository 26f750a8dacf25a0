/** Walking the book: which levels an order would take, without taking them. */
import type { Book, BookSide } from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";

export interface Fill {
  readonly price: Ticks;
  readonly size: Lots;
}

/** What may be taken: the displayed size less what is held and less what is known to have traded away since. */
export interface Liquidity {
  readonly book: Book;
  readonly side: BookSide;
  readonly held: ReadonlyMap<number, number>;
  readonly traded: ReadonlyMap<number, number>;
  /** Fills are whole multiples of this; very old resting orders on Binance are finer. */
  readonly stepLots: number;
  /** The first level where anything can be left. */
  readonly fromRank: number;
}

export interface Walk {
  readonly fills: readonly Fill[];
  /** Lots over all fills. */
  readonly filled: number;
  /** Whether the walk ended because no more liquidity was there within the limit. */
  readonly exhausted: boolean;
}

/** Returns the fills for `wanted` lots at `limit` or better; `null`: at any price. */
export function walkQuantity(liquidity: Liquidity, wanted: number, limit: Ticks | null): Walk {
  const { book, side, held, traded, stepLots, fromRank } = liquidity;
  const ladder = book.side(side);
  const bound = limit ?? (side === "ask" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
  const fills: Fill[] = [];
  let left = wanted;
  for (let rank = fromRank; left > 0; rank++) {
    const price = ladder.priceAt(rank);
    if (price === undefined || (side === "ask" ? price > bound : price < bound)) break;
    const available = availableAt(ladder.sizeAtRank(rank), price, held, traded, stepLots);
    if (available <= 0) continue;
    const size = Math.min(available, left) as Lots;
    fills.push({ price, size });
    left -= size;
  }
  return { fills, filled: wanted - left, exhausted: left > 0 };
}

/**
 * Returns the fills whose value comes as close to `budget` as whole lot steps allow, never above it.
 * `budget` in units of 10^-(priceDecimals + sizeDecimals) of the quote asset, which may pass 2^53.
 */
export function walkQuote(liquidity: Liquidity, budget: bigint): Walk {
  const { book, side, held, traded, stepLots, fromRank } = liquidity;
  const ladder = book.side(side);
  const step = BigInt(stepLots);
  const fills: Fill[] = [];
  let left = budget;
  let filled = 0;
  for (let rank = fromRank; ; rank++) {
    const price = ladder.priceAt(rank);
    if (price === undefined) return { fills, filled, exhausted: true };
    const available = availableAt(ladder.sizeAtRank(rank), price, held, traded, stepLots);
    if (available <= 0) continue;
    const affordable = Number((left / BigInt(price) / step) * step);
    const size = Math.min(available, affordable) as Lots;
    if (size > 0) {
      fills.push({ price, size });
      filled += size;
      left -= BigInt(price) * BigInt(size);
    }
    if (affordable <= available) return { fills, filled, exhausted: false };
  }
}

function availableAt(
  live: number,
  price: number,
  held: ReadonlyMap<number, number>,
  traded: ReadonlyMap<number, number>,
  stepLots: number,
): number {
  let available = live;
  if (held.size > 0) available -= held.get(price) ?? 0;
  if (traded.size > 0) available -= traded.get(price) ?? 0;
  return stepLots === 1 ? available : available - (available % stepLots);
}
