/** Last prices from the simulator's own REST, so that traders know what to ask for whatever happens to the exchange. */
const LOOK_EVERY_MS = 1_000;

export class Prices implements Disposable {
  readonly #prices = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, symbols: readonly string[]) {
    const look = () => {
      for (const symbol of symbols) void this.#look(url, symbol);
    };
    look();
    this.#timer = setInterval(look, LOOK_EVERY_MS);
  }

  of(symbol: string): number | null {
    return this.#prices.get(symbol) ?? null;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(url: string, symbol: string): Promise<void> {
    try {
      const response = await fetch(`${url}/api/v3/trades?symbol=${symbol}&limit=1`);
      const [trade] = (await response.json()) as { price: string }[];
      if (trade !== undefined) this.#prices.set(symbol, Number(trade.price));
    } catch {
      // A refused look: the last price will do.
    }
  }
}
