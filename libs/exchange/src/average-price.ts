import type { Lots, Ticks } from "@mirrorbook/kernel";
import { AVERAGE_PRICE_MINS_MAX } from "./limits.ts";

const SECOND_MS = 1_000;
const MINUTE_SECONDS = 60;

/** What traded in one second: Σ size, and Σ price × size, which may pass 2^53. */
interface Second {
  readonly second: number;
  value: bigint;
  size: bigint;
}

/**
 * The average price of the public trades of the last minutes, weighted by size, as rules are measured against it.
 *
 * Counted by whole seconds of the shell's clock, so it holds at most 60 numbers a minute however much is traded, and a
 * trade leaves the window up to a second late. A leader that has just begun to listen knows a shorter past.
 *
 * Source: Binance Spot, "Filters" (`avgPriceMins`) and "Current average price".
 */
export class AveragePrice {
  readonly #seconds: number;
  readonly #window: Second[] = [];
  #value = 0n;
  #size = 0n;

  constructor(minutes: number) {
    this.#seconds = Math.min(minutes, AVERAGE_PRICE_MINS_MAX) * MINUTE_SECONDS;
  }

  add(price: Ticks, size: Lots, atMs: number): void {
    const second = Math.floor(atMs / SECOND_MS);
    const value = BigInt(price) * BigInt(size);
    const last = this.#window.at(-1);
    if (last !== undefined && last.second >= second) {
      last.value += value;
      last.size += BigInt(size);
    } else {
      this.#forget(second);
      this.#window.push({ second, value, size: BigInt(size) });
    }
    this.#value += value;
    this.#size += BigInt(size);
  }

  /** Sums over the window that ends now: ticks × lots, and lots; `size` is 0 when nothing traded in it. */
  at(atMs: number): { readonly value: bigint; readonly size: bigint } {
    const now = Math.floor(atMs / SECOND_MS);
    let value = this.#value;
    let size = this.#size;
    for (const old of this.#window) {
      if (!this.#isOver(old, now)) break;
      value -= old.value;
      size -= old.size;
    }
    return { value, size };
  }

  /** All that it knows, as text: for digests. */
  get state(): string {
    return this.#window.map(({ second, value, size }) => `${second} ${value} ${size}`).join();
  }

  #forget(now: number): void {
    let over = 0;
    for (; over < this.#window.length && this.#isOver(this.#window[over]!, now); over++) {
      this.#value -= this.#window[over]!.value;
      this.#size -= this.#window[over]!.size;
    }
    this.#window.splice(0, over);
  }

  #isOver({ second }: Second, now: number): boolean {
    return second <= now - this.#seconds;
  }
}
