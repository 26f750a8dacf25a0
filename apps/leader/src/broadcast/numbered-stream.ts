/** The numbering of one market stream: goes on where the last leader stopped, and finds its place again after a doubt. */
import type { MarketEvent } from "@mirrorbook/protocol";
import type { BroadcastStore, NumberedStreamName } from "../ports.ts";

export class NumberedStream {
  readonly #store: BroadcastStore;
  readonly #name: NumberedStreamName;
  readonly #symbol: string;
  /** `null` until read from the store. */
  #lastSeq: number | null = null;
  #busy = false;

  constructor(store: BroadcastStore, name: NumberedStreamName, symbol: string) {
    this.#store = store;
    this.#name = name;
    this.#symbol = symbol;
  }

  /** True while a publication is under way: what is new meanwhile waits for the next tick. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Publishes the events made by `make`, which gets the first number; false when they were not taken.
   * @throws when the store does not answer; the next call reads where the stream stands.
   */
  async publish(make: (firstSeq: number) => MarketEvent[]): Promise<boolean> {
    if (this.#busy) return false;
    this.#busy = true;
    try {
      const lastSeq = this.#lastSeq ?? (await this.#store.lastSeq(this.#name, this.#symbol));
      this.#lastSeq = null;
      const events = make(lastSeq + 1);
      const published = await this.#store.publishEvents(this.#name, this.#symbol, lastSeq, events);
      if (published.kind !== "published") return false;
      this.#lastSeq = lastSeq + events.length;
      return true;
    } finally {
      this.#busy = false;
    }
  }
}
