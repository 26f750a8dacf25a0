import { applyDepth, applySnapshot, Book } from "@mirrorbook/book";
import { type MarketSim, type MarketSimConfig, startMarketSim } from "@mirrorbook/market-sim";
import { type Feed, type FeedEvent, type FeedOptions, startFeed } from "../src/index.ts";

/** A feed on a simulator of its own, watched by a listener that believes nothing. */
export interface WatchedFeed extends AsyncDisposable {
  readonly sim: MarketSim;
  readonly feed: Feed;
  readonly events: readonly FeedEvent[];
  readonly books: ReadonlyMap<string, Book>;
  /** "status: reason" of a symbol, in order. */
  statuses(symbol?: string): string[];
  /** The present status of a symbol. */
  status(symbol?: string): string | undefined;
  count(kind: FeedEvent["kind"]): number;
  /** Ids of the connections the simulator has open. */
  lines(): number[];
  /** What broke the order that `FeedEvent` promises. */
  readonly violations: readonly string[];
}

/** Short limits, so that tests need not wait for what takes minutes in earnest. */
export const QUICK: Partial<FeedOptions> = {
  pulseMs: 10,
  staleAfterMs: 1_500,
  lineStallMs: 500,
  holePatienceMs: 300,
  firstEventPatienceMs: 300,
  marketsEveryMs: 2_000,
};

export async function watchFeed(
  simConfig: MarketSimConfig = {},
  options: Partial<FeedOptions> = {},
  prepare: (sim: MarketSim) => void = () => undefined,
): Promise<WatchedFeed> {
  const sim = await startMarketSim({ symbols: ["BTCUSDT"], ...simConfig });
  prepare(sim);
  const events: FeedEvent[] = [];
  const books = new Map<string, Book>();
  const violations: string[] = [];
  const listener = new Listener(books, violations);
  const feed = startFeed(
    { symbols: ["BTCUSDT"], httpBase: sim.url, wsBase: sim.wsUrl, ...QUICK, ...options },
    (event) => {
      events.push(event);
      listener.hear(event);
    },
  );
  const statuses = (symbol = "BTCUSDT") =>
    events.flatMap((event) =>
      event.kind === "status" && event.symbol === symbol
        ? [`${event.status}: ${event.reason}`]
        : [],
    );
  return {
    sim,
    feed,
    events,
    books,
    violations,
    statuses,
    status: (symbol) => statuses(symbol).at(-1)?.split(":")[0],
    count: (kind) => events.filter((event) => event.kind === kind).length,
    lines: () => sim.control.status().connections.map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      feed.stop();
      await sim.close();
    },
  };
}

/** Keeps the books as a leader would, and notes each broken promise. */
class Listener {
  readonly #books: Map<string, Book>;
  readonly #violations: string[];
  readonly #synced = new Set<string>();
  readonly #trades = new Set<string>();

  constructor(books: Map<string, Book>, violations: string[]) {
    this.#books = books;
    this.#violations = violations;
  }

  hear(event: FeedEvent): void {
    switch (event.kind) {
      case "market":
        this.#books.set(event.spec.symbol, new Book(event.spec));
        break;
      case "snapshot":
        applySnapshot(this.#books.get(event.snapshot.symbol)!, event.snapshot);
        this.#synced.add(event.snapshot.symbol);
        break;
      case "depth": {
        const { symbol } = event.event;
        if (!this.#synced.has(symbol)) this.#violations.push(`${symbol}: depth before snapshot`);
        const { kind } = applyDepth(this.#books.get(symbol)!, event.event);
        if (kind !== "applied") this.#violations.push(`${symbol}: ${kind} depth`);
        break;
      }
      case "trade": {
        const id = `${event.trade.symbol} ${event.trade.tradeId}`;
        if (this.#trades.has(id)) this.#violations.push(`trade ${id} twice`);
        this.#trades.add(id);
        break;
      }
      case "status":
        if (event.status === "resyncing") this.#synced.delete(event.symbol);
        if (event.status === "live" && !this.#synced.has(event.symbol)) {
          this.#violations.push(`${event.symbol}: live without a snapshot`);
        }
        break;
      case "ticker":
        break;
    }
  }
}
