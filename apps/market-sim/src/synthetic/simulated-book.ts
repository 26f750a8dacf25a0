import { invariant } from "@mirrorbook/kernel";
import { LevelList } from "./level-list.ts";

export type BookSide = "bids" | "asks";

export function otherSide(side: BookSide): BookSide {
  return side === "bids" ? "asks" : "bids";
}

/** What changed between two diffs: prices touched per side, and the update ids used. */
export interface DiffWindow {
  firstUpdateId: number;
  readonly bids: Set<number>;
  readonly asks: Set<number>;
}

export interface BookDiff {
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  /** Ticks and lots, best price first; 0 lots = gone. */
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
}

/**
 * The exchange's own book of one synthetic market: it numbers every change and remembers what a diff has to tell.
 * Promise 1: each change takes exactly one update id. Promise 2: bids stay below asks, and neither side runs empty.
 */
export class SimulatedBook {
  readonly bids = new LevelList("bids");
  readonly asks = new LevelList("asks");
  readonly fast: DiffWindow;
  readonly slow: DiffWindow;
  updateId: number;

  constructor(firstUpdateId: number) {
    this.updateId = firstUpdateId - 1;
    this.fast = { firstUpdateId, bids: new Set(), asks: new Set() };
    this.slow = { firstUpdateId, bids: new Set(), asks: new Set() };
  }

  set(side: BookSide, price: number, lots: number): void {
    const other = this[otherSide(side)];
    const crosses = other.length > 0 && this[side].sign * (price - other.priceAt(0)) >= 0;
    invariant(lots === 0 || !crosses, "a resting order does not cross the book");
    this[side].set(price, lots);
    this.updateId++;
    this.fast[side].add(price);
    this.slow[side].add(price);
  }

  /** Distance between the best prices, in ticks. */
  spread(): number {
    return this.asks.priceAt(0) - this.bids.priceAt(0);
  }

  /** Mid price in ticks. */
  mid(): number {
    return (this.asks.priceAt(0) + this.bids.priceAt(0)) / 2;
  }

  /** Takes what a window gathered and opens the next one; nothing when nothing changed. */
  takeDiff(window: DiffWindow): BookDiff | undefined {
    if (window.firstUpdateId > this.updateId) return undefined;
    const diff = {
      firstUpdateId: window.firstUpdateId,
      finalUpdateId: this.updateId,
      bids: this.currentSizes("bids", window.bids),
      asks: this.currentSizes("asks", window.asks),
    };
    window.firstUpdateId = this.updateId + 1;
    window.bids.clear();
    window.asks.clear();
    return diff;
  }

  private currentSizes(side: BookSide, prices: Set<number>): (readonly [number, number])[] {
    const list = this[side];
    return [...prices]
      .sort((a, b) => list.sign * (b - a))
      .map((price) => [price, list.sizeOf(price)] as const);
  }
}
