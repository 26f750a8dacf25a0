/** Everything one market tells its subscribers. */
import type { FeedEvent } from "@mirrorbook/binance";
import { GLOBAL_SCOPE, type TapeEntry } from "@mirrorbook/exchange";
import { formatUnits } from "@mirrorbook/kernel";
import type { EventOf, Level, MarketInfo } from "@mirrorbook/protocol";
import type { MirroredMarket } from "../market-mirror.ts";
import type { BroadcastStore } from "../ports.ts";
import { BookStream } from "./book-stream.ts";
import { NumberedStream } from "./numbered-stream.ts";
import { Pace } from "./pace.ts";
import { Tape } from "./tape.ts";

type PriceUpdate = EventOf<"price:update">[1];
interface HeldShown {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}
/** Books of depth 20 and 100: ten a second on average, two of them at least half of that apart. */
export const BOOK_INTERVAL_MS = 100;
const BOOK_SLACK_MS = 50;
/** Levels of held liquidity shown per side; what is held deeper is enforced all the same. */
const HELD_LEVELS_SHOWN_MAX = 200;

export interface MarketBroadcastDeps {
  readonly store: BroadcastStore;
  readonly source: MarketInfo["source"];
  /** The market as it is now. */
  readonly market: () => MirroredMarket;
  readonly heldShown: () => HeldShown;
}

export class MarketBroadcast {
  readonly #deps: MarketBroadcastDeps;
  readonly #shallow: readonly BookStream[];
  readonly #deep: BookStream;
  readonly #ticker: NumberedStream;
  readonly #tapeStream: NumberedStream;
  readonly #status: NumberedStream;
  readonly #held: NumberedStream;
  readonly #tape = new Tape();
  readonly #pace = new Pace(BOOK_INTERVAL_MS, BOOK_SLACK_MS);
  /** `lastUpdateId` of the book that was told last; 0: none, or unknown. */
  #bookTold = 0;
  /** What was told last; "" while that is not certain, since a publication whose answer is lost may have been heard. */
  #tickerShown = "";
  #statusShown = "";
  #heldChanged = true;

  constructor(deps: MarketBroadcastDeps) {
    const { store } = deps;
    const { symbol } = deps.market().spec;
    this.#deps = deps;
    this.#shallow = [new BookStream(store, 20), new BookStream(store, 100)];
    this.#deep = new BookStream(store, 1000);
    this.#ticker = new NumberedStream(store, "ticker", symbol);
    this.#tapeStream = new NumberedStream(store, "tape", symbol);
    this.#status = new NumberedStream(store, "status", symbol);
    this.#held = new NumberedStream(store, "held-shown", symbol);
  }

  onFeed(event: FeedEvent): void {
    if (event.kind === "trade") this.#tape.addTrade(event.trade);
  }

  onFill(entry: TapeEntry): void {
    this.#tape.addFill(entry);
  }

  onHeldChanged(): void {
    this.#heldChanged = true;
  }

  /** As `Pace.waitMs` for the books of depth 20 and 100; `null` when there is no news of them. */
  booksWaitMs(nowMs: number): number | null {
    const { lastUpdateId } = this.#deps.market().book;
    return lastUpdateId === this.#bookTold ? null : this.#pace.waitMs(nowMs);
  }

  /** Books of depth 20 and 100. */
  async books(timestamp: string, nowMs: number): Promise<void> {
    const market = this.#deps.market();
    this.#pace.told(nowMs);
    this.#bookTold = market.book.lastUpdateId;
    const publications = this.#shallow.map((stream) => stream.publish(market, timestamp));
    try {
      const told = await Promise.all(publications);
      if (told.includes(false)) this.#bookTold = 0;
    } catch (error) {
      this.#bookTold = 0;
      throw error;
    }
  }

  async deepBook(timestamp: string): Promise<void> {
    await this.#deep.publish(this.#deps.market(), timestamp);
  }

  async ticker(timestamp: string): Promise<void> {
    const prices = pricesOf(this.#deps.market());
    const shown = JSON.stringify(prices);
    if (shown === this.#tickerShown) return;
    const event = { ...this.#named(timestamp), ...prices };
    this.#tickerShown = "";
    const taken = await this.#ticker.publish((seq) => [["price:update", { ...event, seq }]]);
    if (taken) this.#tickerShown = shown;
  }

  async tape(timestamp: string): Promise<void> {
    if (this.#tape.empty || this.#tapeStream.busy) return;
    const lines = this.#tape.take(this.#deps.market().format);
    const named = this.#named(timestamp);
    await this.#tapeStream.publish((first) =>
      lines.map((line, i) => ["tape:trade", { ...named, ...line, seq: first + i }]),
    );
  }

  /** True when the status told differs from the one told before. */
  async status(timestamp: string): Promise<boolean> {
    const { status, statusReason } = this.#deps.market();
    const shown = `${status} ${statusReason}`;
    if (shown === this.#statusShown) return false;
    const { source } = this.#deps;
    const event = { ...this.#named(timestamp), status, source, reason: statusReason };
    this.#statusShown = "";
    const taken = await this.#status.publish((seq) => [["feed:status", { ...event, seq }]]);
    if (taken) this.#statusShown = shown;
    return taken;
  }

  async held(timestamp: string): Promise<void> {
    if (!this.#heldChanged || this.#held.busy) return;
    this.#heldChanged = false;
    const { bids, asks } = this.#deps.heldShown();
    const event = {
      ...this.#named(timestamp),
      scope: GLOBAL_SCOPE,
      bids: shownLevels(bids),
      asks: shownLevels(asks),
    };
    const publication = this.#held.publish((seq) => [["liquidity:held", { ...event, seq }]]);
    const taken = await publication.catch((error) => {
      this.#heldChanged = true;
      throw error;
    });
    if (!taken) this.#heldChanged = true;
  }

  #named(timestamp: string) {
    const { pair, symbol } = this.#deps.market().spec;
    return { pair, symbol, timestamp };
  }
}

function pricesOf(
  market: MirroredMarket,
): Omit<PriceUpdate, "seq" | "timestamp" | "pair" | "symbol"> {
  const { book, format, spec, lastPrice, change24h, volume24h } = market;
  const [bid, ask] = [book.bestBid(), book.bestAsk()];
  const both = bid !== undefined && ask !== undefined;
  return {
    last: lastPrice,
    bid: bid === undefined ? null : format.price(bid),
    ask: ask === undefined ? null : format.price(ask),
    // The mid lies between two ticks as often as not, so it has a digit more than a price.
    mark: both ? formatUnits((bid + ask) * 5, spec.priceDecimals + 1) : null,
    ...(change24h === null ? {} : { change24h }),
    ...(volume24h === null ? {} : { volume24h }),
  };
}

function shownLevels(levels: readonly Level[]): [string, string][] {
  return levels.slice(0, HELD_LEVELS_SHOWN_MAX).map(([price, size]) => [price, size]);
}
