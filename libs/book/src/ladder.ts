import { invariant, type Lots, type Ticks } from "@mirrorbook/kernel";
import type { BookLevel, BookSide } from "./types.ts";

const INITIAL_CAPACITY = 2048;

/**
 * One side of a book: sizes by price, sorted, in two parallel typed arrays.
 *
 * The best level stands at the *end*. Nearly all changes happen close to the best price, so adding or removing a level
 * moves a few dozen numbers instead of thousands. A level is named by its rank: 0 is the best.
 *
 * Both sides sort ascending by a key, which is the price for bids and the negated price for asks.
 */
export class Ladder {
  readonly side: BookSide;
  readonly #sign: 1 | -1;
  #keys = new Float64Array(INITIAL_CAPACITY);
  #sizes = new Float64Array(INITIAL_CAPACITY);
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
    return index < 0 || rank < 0 ? undefined : ((this.#sign * this.#keys[index]!) as Ticks);
  }

  /** Size of the level at `rank`; 0 when there is no such level. */
  sizeAtRank(rank: number): Lots {
    const index = this.#length - 1 - rank;
    return (index < 0 || rank < 0 ? 0 : this.#sizes[index]!) as Lots;
  }

  /** Size displayed at `price`; 0 when there is no such level. */
  sizeAt(price: Ticks): Lots {
    const key = this.#sign * price;
    const index = this.#indexOf(key);
    return (index < this.#length && this.#keys[index] === key ? this.#sizes[index]! : 0) as Lots;
  }

  /** Number of levels strictly better than `price`: the rank that a level at `price` has or would get. */
  rankOf(price: Ticks): number {
    const key = this.#sign * price;
    const index = this.#indexOf(key);
    const found = index < this.#length && this.#keys[index] === key;
    return this.#length - index - (found ? 1 : 0);
  }

  /**
   * Makes `size` the size at `price`; 0 removes the level, and removing an unknown level is no error.
   * Returns the size before, so the caller sees whether anything changed.
   */
  set(price: Ticks, size: Lots): Lots {
    const key = this.#sign * price;
    const index = this.#indexOf(key);
    if (index < this.#length && this.#keys[index] === key) {
      const before = this.#sizes[index]! as Lots;
      if (size === 0) this.#removeAt(index);
      else this.#sizes[index] = size;
      return before;
    }
    if (size !== 0) this.#insertAt(index, key, size);
    return 0 as Lots;
  }

  /** Replaces everything by `levels`, which are sorted best first. Levels of size 0 are left out. */
  replace(levels: readonly BookLevel[]): void {
    this.#length = 0;
    this.#reserve(levels.length);
    for (let i = levels.length - 1; i >= 0; i--) {
      const [price, size] = levels[i]!;
      if (size === 0) continue;
      const key = this.#sign * price;
      invariant(
        this.#length === 0 || key > this.#keys[this.#length - 1]!,
        "the levels of a snapshot are sorted best first, each price once",
      );
      this.#keys[this.#length] = key;
      this.#sizes[this.#length] = size;
      this.#length++;
    }
  }

  /** Index of `key`, or of the first key above it: where it would be inserted. */
  #indexOf(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertAt(index: number, key: number, size: number): void {
    this.#reserve(this.#length + 1);
    this.#keys.copyWithin(index + 1, index, this.#length);
    this.#sizes.copyWithin(index + 1, index, this.#length);
    this.#keys[index] = key;
    this.#sizes[index] = size;
    this.#length++;
  }

  #removeAt(index: number): void {
    this.#keys.copyWithin(index, index + 1, this.#length);
    this.#sizes.copyWithin(index, index + 1, this.#length);
    this.#length--;
  }

  #reserve(length: number): void {
    if (length <= this.#keys.length) return;
    const capacity = Math.max(length, this.#keys.length * 2);
    this.#keys = grown(this.#keys, capacity);
    this.#sizes = grown(this.#sizes, capacity);
  }
}

function grown(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}
