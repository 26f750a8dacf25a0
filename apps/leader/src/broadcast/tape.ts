/** The public trades of one market between two publications. */
import type { LevelFormat, MarketTrade } from "@mirrorbook/book";
import type { TapeEntry } from "@mirrorbook/exchange";
import type { Lots, Side, Ticks } from "@mirrorbook/kernel";

export interface TapeLine {
  readonly price: string;
  readonly quantity: string;
  readonly side: Side;
  readonly source: "user" | "binance";
}

/** Lines per publication; of a burst beyond it (954 trades were seen in a second) the earliest go. */
export const TAPE_LINES_MAX = 100;

interface Print {
  readonly price: Ticks;
  readonly side: Side;
  size: number;
}

export class Tape {
  #prints: Print[] = [];
  #fills: TapeLine[] = [];

  /** Adds a Binance trade; trades of one taker at one price make one line, as in Binance's aggregate trades. */
  addTrade({ price, size, buyerIsMaker }: MarketTrade): void {
    const side = buyerIsMaker ? "sell" : "buy";
    const last = this.#prints.at(-1);
    if (last?.price === price && last.side === side) last.size += size;
    else this.#prints.push({ price, side, size });
    if (this.#prints.length > TAPE_LINES_MAX) this.#prints.shift();
  }

  /** Adds a simulated fill. */
  addFill({ price, quantity, side }: TapeEntry): void {
    this.#fills.push({ price, quantity, side, source: "user" });
    if (this.#fills.length > TAPE_LINES_MAX) this.#fills.shift();
  }

  get empty(): boolean {
    return this.#prints.length === 0 && this.#fills.length === 0;
  }

  /** Gives the lines since the last call. */
  take(format: LevelFormat): TapeLine[] {
    const trades = this.#prints.map(({ price, side, size }): TapeLine => {
      const quantity = format.size(size as Lots);
      return { price: format.price(price), quantity, side, source: "binance" };
    });
    const lines = [...trades, ...this.#fills];
    this.#prints = [];
    this.#fills = [];
    return lines;
  }
}
