import type { Lots, Ticks } from "@mirrorbook/kernel";
import { applySnapshot, Book, type BookLevel, type DepthEvent } from "../src/index.ts";

type Pairs = readonly (readonly [price: number, size: number])[];

export const levels = (pairs: Pairs) => pairs as unknown as BookLevel[];
export const ticks = (price: number) => price as Ticks;
export const lots = (size: number) => size as Lots;

/** A depth event over update ids `first..final`, with no levels unless given. */
export function depth(
  [first, final]: readonly [first: number, final: number],
  sides: { bids?: Pairs; asks?: Pairs } = {},
): DepthEvent {
  return {
    symbol: "BTCUSDT",
    firstUpdateId: first,
    finalUpdateId: final,
    exchangeTimeMs: 0,
    bids: levels(sides.bids ?? []),
    asks: levels(sides.asks ?? []),
  };
}

/** A book of a market with cents and thousandths, as of `lastUpdateId`. */
export function bookAt(lastUpdateId: number, sides: { bids?: Pairs; asks?: Pairs } = {}): Book {
  const book = new Book({ symbol: "BTCUSDT", priceDecimals: 2, sizeDecimals: 3 });
  applySnapshot(book, {
    symbol: "BTCUSDT",
    lastUpdateId,
    bids: levels(sides.bids ?? []),
    asks: levels(sides.asks ?? []),
  });
  return book;
}
