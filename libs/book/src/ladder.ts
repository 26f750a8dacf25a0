import { invariant, type Lots, type Ticks } from "@mirrorbook/kernel";
import type { BookLevel, BookSide } from "./types.ts";

/** Levels a side has room for at first; it grows when needed. */
const INITIAL_CAPACITY = 2048;

/**
 * One side of a book: sizes by price, sorted, in one typed array of [key, size, key, size, …].
 *
 * The best level stands at the *end*. Nearly all changes happen close to the best price, so adding or removing a level
 * moves a few dozen numbers instead of thousands, and one `copyWithin` moves keys and sizes alike. A level is named by
 * its rank: 0 is the best. Both sides sort ascending by a key: the price for bids, the negated price for asks.
 *
 * Measured against it on recorded diffs: keys and sizes in two arrays (+20 %), searching from the end (+10 %), moving in
 * a loop when little moves (+10 %), blocks of 64 levels (−4 %, with three times the code). See bench/book.ts.
 */
export class Ladder {
  readonly side: BookSide;
  readonly #sign: 1 | -1;
  #cells = new Float64Array(2 * INITIAL_CAPACITY);
  #length = 0;

  constructor(side: BookSide) {
    this.side = side;
    this.#sign = side === "bid" ? 1 : -1;
  }

  /** Number of price levels. */
  get length(): number {
    return this.#length;
  }

  /** Price of the level at `rank`; 0 is the best. */
  priceAt(rank: number): Ticks | undefined {
    const index = this.#length - 1 - rank;
    return index < 0 || rank < 0 ? undefined : ((this.#sign * this.#cells[2 * index]!) as Ticks);
  }

  /** Size of the level at `rank`; 0 when there is no such level. */
  sizeAtRank(rank: number): Lots {
    const index = this.#length - 1 - rank;
    return (index < 0 || rank < 0 ? 0 : this.#cells[2 * index + 1]!) as Lots;
  }

  /** Size displayed at `price`; 0 when there is no such level. */
  sizeAt(price: Ticks): Lots {
    const key = this.#sign * price;
    const index = this.#indexOf(key);
    return (this.#has(key, index) ? this.#cells[2 * index + 1]! : 0) as Lots;
  }

  /** Number of levels strictly better than `price`: the rank that a level at `price` has or would get. */
  rankOf(price: Ticks): number {
    const key = this.#sign * price;
    const index = this.#indexOf(key);
    return this.#length - index - (this.#has(key, index) ? 1 : 0);
  }

  /**
   * Makes `size` the size at `price`; 0 removes the level, and removing an unknown level is no error.
   * Returns the size before, so the caller sees whether anything changed.
   */
  set(price: Ticks, size: Lots): Lots {
    const key = this.#sign * price;
    const index = this.#indexOf(key);
    if (!this.#has(key, index)) {
      if (size !== 0) this.#insertAt(index, key, size);
      return 0 as Lots;
    }
    const before = this.#cells[2 * index + 1]! as Lots;
    if (size === 0) this.#removeAt(index);
    else this.#cells[2 * index + 1] = size;
    return before;
  }

  /** Replaces everything by `levels`, which are sorted best first. Levels of size 0 are left out. */
  replace(levels: readonly BookLevel[]): void {
    this.#length = 0;
    this.#reserve(levels.length);
    let keyBefore = Number.NEGATIVE_INFINITY;
    for (let i = levels.length - 1; i >= 0; i--) {
      const [price, size] = levels[i]!;
      const key = this.#sign * price;
      invariant(key > keyBefore, "a snapshot is sorted best first, with each price once");
      keyBefore = key;
      if (size === 0) continue;
      this.#cells[2 * this.#length] = key;
      this.#cells[2 * this.#length + 1] = size;
      this.#length++;
    }
  }

  /** Index of `key`, or of the first key above it: where it would be inserted. */
  #indexOf(key: number): number {
    const cells = this.#cells;
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cells[2 * middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #has(key: number, index: number): boolean {
    return index < this.#length && this.#cells[2 * index] === key;
  }

  #insertAt(index: number, key: number, size: number): void {
    this.#reserve(this.#length + 1);
    this.#cells.copyWithin(2 * index + 2, 2 * index, 2 * this.#length);
    this.#cells[2 * index] = key;
    this.#cells[2 * index + 1] = size;
    this.#length++;
  }

  #removeAt(index: number): void {
    this.#cells.copyWithin(2 * index, 2 * index + 2, 2 * this.#length);
    this.#length--;
  }

  #reserve(levels: number): void {
    if (2 * levels <= this.#cells.length) return;
    const larger = new Float64Array(Math.max(2 * levels, 2 * this.#cells.length));
    larger.set(this.#cells);
    this.#cells = larger;
  }
}
