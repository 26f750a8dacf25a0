/** Live market data of one connection: routes events to the streams that somebody watches. */
import type { BookDepth, MarketEvents, MarketInfo, Subscription } from "@mirrorbook/protocol";
import { BookStream } from "./book-stream.ts";
import { marketKey } from "./market-key.ts";
import {
  addToTape,
  applyHeld,
  type HeldLiquidity,
  mergeTape,
  NOTHING_HELD,
  type TapeTrade,
} from "./market-state.ts";
import { createStore, type Readable, type Store } from "./store.ts";
import type { Subscriptions } from "./subscriptions.ts";

export type Ticker = MarketEvents["price:update"];
export type FeedStatus = Pick<MarketEvents["feed:status"], "symbol" | "status" | "source"> & {
  readonly reason?: string | undefined;
};

export interface MarketList {
  readonly markets: readonly MarketInfo[];
  readonly loaded: boolean;
}

const TAPE_HISTORY = 100;

export class MarketFeed {
  readonly markets: Store<MarketList> = createStore<MarketList>({ markets: [], loaded: false });
  readonly #subscriptions: Subscriptions;
  readonly #get: <T>(path: string) => Promise<T>;
  readonly #books = new Map<string, BookStream>();
  readonly #tickers = new Map<string, Store<Ticker | null>>();
  readonly #tapes = new Map<string, Store<readonly TapeTrade[]>>();
  readonly #statuses = new Map<string, Store<FeedStatus | null>>();
  readonly #held = new Map<string, Store<HeldLiquidity>>();

  constructor(subscriptions: Subscriptions, get: <T>(path: string) => Promise<T>) {
    this.#subscriptions = subscriptions;
    this.#get = get;
  }

  book(pair: string, depth: BookDepth): BookStream {
    return ensure(this.#books, `${marketKey(pair)}:${depth}`, () => {
      return new BookStream(pair, depth, this.#subscriptions);
    });
  }

  ticker(pair: string): Readable<Ticker | null> {
    return ensure(this.#tickers, marketKey(pair), () =>
      this.#watching<Ticker | null>({ channel: "ticker", pair }, null),
    );
  }

  tape(pair: string): Readable<readonly TapeTrade[]> {
    return ensure(this.#tapes, marketKey(pair), () => {
      const store: Store<readonly TapeTrade[]> = this.#watching<readonly TapeTrade[]>(
        { channel: "tape", pair },
        [],
        () => void this.#loadTape(pair, store),
      );
      return store;
    });
  }

  /** Feed status comes to everyone who watches anything of the market; the ticker is the lightest of it. */
  status(pair: string): Readable<FeedStatus | null> {
    return ensure(this.#statuses, marketKey(pair), () =>
      this.#watching<FeedStatus | null>({ channel: "ticker", pair }, this.#listedStatus(pair)),
    );
  }

  held(pair: string): Readable<HeldLiquidity> {
    return ensure(this.#held, marketKey(pair), () =>
      this.#watching({ channel: "ticker", pair }, NOTHING_HELD),
    );
  }

  /** Statuses of the markets that are watched now. */
  watchedStatuses(): FeedStatus["status"][] {
    return [...this.#statuses.values()]
      .filter((store) => store.listenerCount > 0)
      .flatMap((store) => store.getSnapshot()?.status ?? []);
  }

  /** Routes one event; false when it is none of a market. */
  onEvent(name: string, payload: unknown): boolean {
    switch (name) {
      case "orderbook:snapshot": {
        const view = payload as MarketEvents["orderbook:snapshot"];
        this.#books.get(`${marketKey(view.symbol)}:${view.depth}`)?.onSnapshot(view);
        return true;
      }
      case "orderbook:update": {
        const update = payload as MarketEvents["orderbook:update"];
        this.#books.get(`${marketKey(update.symbol)}:${update.depth}`)?.onUpdate(update);
        return true;
      }
      case "price:update": {
        const ticker = payload as Ticker;
        this.#tickers.get(marketKey(ticker.symbol))?.set(ticker);
        return true;
      }
      case "tape:trade": {
        const trade = payload as TapeTrade;
        const store = this.#tapes.get(marketKey(trade.symbol));
        store?.set(addToTape(store.getSnapshot(), trade));
        return true;
      }
      case "feed:status": {
        const { symbol, status, source, reason } = payload as MarketEvents["feed:status"];
        this.#statuses.get(marketKey(symbol))?.set({ symbol, status, source, reason });
        return true;
      }
      case "liquidity:held": {
        const event = payload as MarketEvents["liquidity:held"];
        const store = this.#held.get(marketKey(event.symbol));
        store?.set(applyHeld(store.getSnapshot(), event));
        return true;
      }
      default:
        return false;
    }
  }

  onUp(): void {
    for (const book of this.#books.values()) book.onUp();
    void this.loadMarkets();
    for (const [key, tape] of this.#tapes) {
      if (tape.listenerCount > 0) void this.#loadTape(key, tape);
    }
  }

  onDown(): void {
    for (const book of this.#books.values()) book.onDown();
  }

  close(): void {
    for (const book of this.#books.values()) book.close();
  }

  /** Reads the list of markets; silent on failure, since every new connection asks again. */
  async loadMarkets(): Promise<void> {
    const answer = await this.#get<{ markets: MarketInfo[] }>("markets").catch(() => null);
    if (answer === null) return;
    this.markets.set({ markets: answer.markets, loaded: true });
    for (const [key, store] of this.#statuses) {
      const listed = this.#listedStatus(key);
      if (listed !== null) store.set(listed);
    }
  }

  #listedStatus(pair: string): FeedStatus | null {
    const key = marketKey(pair);
    const market = this.markets.getSnapshot().markets.find((m) => marketKey(m.symbol) === key);
    if (market === undefined) return null;
    const { symbol, status, source } = market;
    return { symbol, status, source };
  }

  async #loadTape(pair: string, store: Store<readonly TapeTrade[]>): Promise<void> {
    const path = `markets/${encodeURIComponent(pair)}/trades?limit=${TAPE_HISTORY}`;
    const answer = await this.#get<{ trades: TapeTrade[] }>(path).catch(() => null);
    if (answer !== null) store.set(mergeTape(store.getSnapshot(), answer.trades));
  }

  /** A store that is subscribed to `body` as long as somebody listens. */
  #watching<T>(body: Subscription, initial: T, onWanted?: () => void): Store<T> {
    let release: (() => void) | undefined;
    return createStore(initial, {
      onWanted: () => {
        release = this.#subscriptions.want({ body });
        onWanted?.();
      },
      onUnwanted: () => release?.(),
    });
  }
}

function ensure<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  map.set(key, made);
  return made;
}
