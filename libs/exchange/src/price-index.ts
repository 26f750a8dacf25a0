import { invariant } from "@mirrorbook/kernel";

/** Anything with a place among its equals: smaller comes first. */
export type Compare<T> = (left: T, right: T) => number;

/**
 * Items by whole-number price, best price first, and in a fixed order within a price.
 *
 * "Best" is the highest price for a `falling` index (bids, stops that fire when the market falls to them) and the lowest
 * for a `rising` one. The best price stands at the end of a sorted array, so what the market reaches is found and removed
 * at the end. The order within a price comes from `compare`, never from insertion: a reloaded index is the same index.
 */
export class PriceIndex<T> {
  readonly #sign: 1 | -1;
  readonly #compare: Compare<T>;
  readonly #keys: number[] = [];
  readonly #items = new Map<number, T[]>();

  constructor(direction: "falling" | "rising", compare: Compare<T>) {
    this.#sign = direction === "falling" ? 1 : -1;
    this.#compare = compare;
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  best(): number | undefined {
    const key = this.#keys.at(-1);
    return key === undefined ? undefined : key * this.#sign;
  }

  at(price: number): readonly T[] | undefined {
    return this.#items.get(price);
  }

  add(price: number, item: T): void {
    const items = this.#items.get(price);
    if (items === undefined) {
      const key = price * this.#sign;
      this.#keys.splice(this.#place(key), 0, key);
      this.#items.set(price, [item]);
      return;
    }
    let index = items.length;
    while (index > 0 && this.#compare(items[index - 1]!, item) > 0) index--;
    items.splice(index, 0, item);
  }

  remove(price: number, item: T): void {
    const items = this.#items.get(price);
    const index = items?.indexOf(item) ?? -1;
    invariant(items !== undefined && index >= 0, "an indexed item is where it was put");
    items.splice(index, 1);
    if (items.length > 0) return;
    this.#items.delete(price);
    this.#keys.splice(this.#place(price * this.#sign), 1);
  }

  /** Items at `limit` or at a better price, best first; a copy, so the index may change while they are dealt with. */
  reachedBy(limit: number): T[] {
    const reached: T[] = [];
    const worst = limit * this.#sign;
    for (let i = this.#keys.length - 1; i >= 0 && this.#keys[i]! >= worst; i--) {
      reached.push(...this.#items.get(this.#keys[i]! * this.#sign)!);
    }
    return reached;
  }

  /** All items, best price first. */
  all(): T[] {
    return this.reachedBy(this.#sign === 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  }

  #place(key: number): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
