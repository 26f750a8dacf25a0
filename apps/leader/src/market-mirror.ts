/**
 * The markets as the feed tells them: rules, books, status, last prices. Standby and active leaders keep it alike, so a
 * takeover starts with warm books; it is also what is published.
 */
import type { FeedEvent, FeedStatus } from "@mirrorbook/binance";
import { applyDepth, applySnapshot, Book, LevelFormat, type MarketSpec } from "@mirrorbook/book";
import type { Input } from "@mirrorbook/exchange";
import { invariant } from "@mirrorbook/kernel";

export interface MirroredMarket {
  readonly spec: MarketSpec;
  readonly book: Book;
  readonly format: LevelFormat;
  readonly status: FeedStatus;
  readonly statusReason: string;
  /** Decimal texts of the last trade and of the last 24 hours; `null` until told. */
  readonly lastPrice: string | null;
  readonly change24h: string | null;
  readonly volume24h: string | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class MarketMirror {
  readonly #markets = new Map<string, Mutable<MirroredMarket>>();
  readonly #absent = new Map<string, string>();

  get markets(): ReadonlyMap<string, MirroredMarket> {
    return this.#markets;
  }

  /** Why a market is not there, by symbol. */
  get absent(): ReadonlyMap<string, string> {
    return this.#absent;
  }

  apply(event: FeedEvent): void {
    if (event.kind === "market") {
      this.#onMarket(event.spec);
      return;
    }
    const market = this.#markets.get(symbolOf(event));
    if (market !== undefined) change(market, event);
    else if (event.kind === "status") this.#absent.set(event.symbol, event.reason);
    else invariant(false, "the feed tells a market before its book and trades");
  }

  /** Inputs that bring an exchange to where the mirror is. */
  *inputs(atMs: number): Generator<Input> {
    for (const { spec, book, status, statusReason } of this.#markets.values()) {
      const { symbol } = spec;
      yield { kind: "market", spec, atMs };
      if (book.lastUpdateId > 0) {
        const { lastUpdateId } = book;
        const bids = book.top("bid", Number.POSITIVE_INFINITY);
        const asks = book.top("ask", Number.POSITIVE_INFINITY);
        yield { kind: "snapshot", snapshot: { symbol, lastUpdateId, bids, asks }, atMs };
      }
      yield { kind: "status", symbol, status, reason: statusReason, atMs };
    }
  }

  #onMarket(spec: MarketSpec): void {
    this.#absent.delete(spec.symbol);
    const known = this.#markets.get(spec.symbol);
    const sameUnits =
      known?.spec.priceDecimals === spec.priceDecimals &&
      known.spec.sizeDecimals === spec.sizeDecimals;
    if (known !== undefined && sameUnits) {
      this.#markets.set(spec.symbol, { ...known, spec });
      return;
    }
    this.#markets.set(spec.symbol, {
      spec,
      book: new Book(spec),
      format: new LevelFormat(spec),
      status: "resyncing",
      statusReason: "no book yet",
      lastPrice: null,
      change24h: null,
      volume24h: null,
    });
  }
}

function change(
  market: Mutable<MirroredMarket>,
  event: Exclude<FeedEvent, { kind: "market" }>,
): void {
  switch (event.kind) {
    case "snapshot":
      applySnapshot(market.book, event.snapshot);
      break;
    case "depth": {
      const { kind } = applyDepth(market.book, event.event);
      invariant(kind !== "gap", "the feed tells depth events without a gap");
      break;
    }
    case "trade":
      market.lastPrice = market.format.price(event.trade.price);
      break;
    case "ticker":
      market.lastPrice ??= event.last;
      market.change24h = event.change24h;
      market.volume24h = event.volume24h;
      break;
    case "status":
      market.status = event.status;
      market.statusReason = event.reason;
      break;
  }
}

/** The exchange's input for a feed event; `null` for what it does not care about. */
export function inputOf(event: FeedEvent, atMs: number): Input | null {
  switch (event.kind) {
    case "market":
      return { kind: "market", spec: event.spec, atMs };
    case "snapshot":
      return { kind: "snapshot", snapshot: event.snapshot, atMs };
    case "depth":
      return { kind: "depth", event: event.event, atMs };
    case "trade":
      return { kind: "trade", trade: event.trade, atMs };
    case "status": {
      const { symbol, status, reason } = event;
      return { kind: "status", symbol, status, reason, atMs };
    }
    case "ticker":
      return null;
  }
}

function symbolOf(event: Exclude<FeedEvent, { kind: "market" }>): string {
  switch (event.kind) {
    case "snapshot":
      return event.snapshot.symbol;
    case "depth":
      return event.event.symbol;
    case "trade":
      return event.trade.symbol;
    default:
      return event.symbol;
  }
}
