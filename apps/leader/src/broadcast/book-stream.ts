/** One market's book at one depth, as subscribers hold it: numbered diffs from one published view to the next. */
import { type BookLevel, type BookView as BookLevels, bookView, diffViews } from "@mirrorbook/book";
import { formatUnits, type Lots, parseUnits, type Ticks } from "@mirrorbook/kernel";
import { type BookDepth, type BookView, bookChecksum } from "@mirrorbook/protocol";
import type { MirroredMarket } from "../market-mirror.ts";
import type { BroadcastStore } from "../ports.ts";

interface PublishedBook extends BookLevels {
  readonly seq: number;
}

export class BookStream {
  readonly #store: BroadcastStore;
  readonly #depth: BookDepth;
  /** What subscribers hold; `null` until read from the store. */
  #published: PublishedBook | null = null;
  #busy = false;

  constructor(store: BroadcastStore, depth: BookDepth) {
    this.#store = store;
    this.#depth = depth;
  }

  /**
   * Publishes what changed since the last publication, by this leader or the one before; nothing when nothing did.
   * False when nothing could be said: a publication is under way, or the stream turned out to stand elsewhere.
   *
   * @throws when the store does not answer; the next call reads where the stream stands.
   */
  async publish(market: MirroredMarket, timestamp: string): Promise<boolean> {
    if (this.#busy) return false;
    if (market.book.lastUpdateId === 0) return true;
    if (this.#published?.lastUpdateId === market.book.lastUpdateId) return true;
    this.#busy = true;
    try {
      this.#published ??= await this.#resume(market);
      const next = await this.#publishFrom(this.#published, market, timestamp);
      this.#published = next;
      return next !== null;
    } catch (error) {
      this.#published = null;
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Goes on from the view the stream stands at, so a change of leaders breaks no subscriber's chain. */
  async #resume({ spec }: MirroredMarket): Promise<PublishedBook> {
    const view = await this.#store.lastBookView(spec.symbol, this.#depth);
    if (view === null) return { seq: 0, lastUpdateId: 0, bids: [], asks: [] };
    const levels = (texts: BookView["bids"]): BookLevel[] =>
      texts.map(([price, size]) => [
        parseUnits(price, spec.priceDecimals) as Ticks,
        parseUnits(size, spec.sizeDecimals) as Lots,
      ]);
    const { seq, bids, asks } = view;
    // Not the view's lastUpdateId: the new leader's book may be at the same id and still has to be compared.
    return { seq, lastUpdateId: 0, bids: levels(bids), asks: levels(asks) };
  }

  async #publishFrom(
    published: PublishedBook,
    market: MirroredMarket,
    timestamp: string,
  ): Promise<PublishedBook | null> {
    const levels = bookView(market.book, this.#depth);
    const changes = diffViews(published, levels);
    if (changes.bids.length === 0 && changes.asks.length === 0) {
      return { ...published, lastUpdateId: levels.lastUpdateId };
    }
    const seq = published.seq + 1;
    const view = wordedView(market, levels, { depth: this.#depth, seq, timestamp });
    const update = {
      ...view,
      prevSeq: published.seq,
      bids: market.format.levels(changes.bids) as BookView["bids"],
      asks: market.format.levels(changes.asks) as BookView["asks"],
    };
    const { kind } = await this.#store.publishBook(view, update);
    return kind === "published" ? { ...levels, seq } : null;
  }
}

function wordedView(
  { spec, format }: MirroredMarket,
  { lastUpdateId, bids, asks }: BookLevels,
  named: { depth: BookDepth; seq: number; timestamp: string },
): BookView {
  const bidTexts = format.levels(bids) as BookView["bids"];
  const askTexts = format.levels(asks) as BookView["asks"];
  const [bid, ask] = [bids[0], asks[0]];
  return {
    pair: spec.pair,
    symbol: spec.symbol,
    ...named,
    lastUpdateId,
    bids: bidTexts,
    asks: askTexts,
    checksum: bookChecksum(bidTexts, askTexts),
    best: {
      bid: bidTexts[0]?.[0] ?? null,
      bidSize: bidTexts[0]?.[1] ?? null,
      ask: askTexts[0]?.[0] ?? null,
      askSize: askTexts[0]?.[1] ?? null,
      spread: bid && ask ? formatUnits(ask[0] - bid[0], spec.priceDecimals) : null,
    },
  };
}
