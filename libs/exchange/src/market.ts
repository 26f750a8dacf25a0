import {
  applyDepth,
  applySnapshot,
  Book,
  type BookSide,
  type DepthEvent,
  type DepthSnapshot,
  formatTrimmed,
  type LevelListener,
  type MarketSpec,
  type MarketTrade,
} from "@mirrorbook/book";
import { formatUnits, type Lots, parseUnits, type Side, type Ticks } from "@mirrorbook/kernel";
import type { MarketStatus } from "@mirrorbook/protocol";
import { AveragePrice } from "./average-price.ts";
import { HeldLiquidity } from "./held.ts";
import { feeLedger, venueLedger } from "./ledger.ts";
import { type Money, moneyOf, productOf, shareOf } from "./money.ts";
import { compareOrders, compareQueued, type LiveOrder } from "./order.ts";
import { PendingTrades } from "./pending-trades.ts";
import { PriceIndex } from "./price-index.ts";
import { type RuleBounds, ruleBounds } from "./rule-bounds.ts";
import type { Liquidity } from "./walk.ts";

/** One market: its mirrored book, what is held of it, and the orders that wait for it. Owned by the exchange. */
export class Market {
  /** Names, units and rules; replaced as a whole when Binance changes them. */
  spec: MarketSpec;
  rules: RuleBounds;
  /** Names of its ledger accounts. */
  readonly ledgers: { readonly venue: string; readonly fees: string };
  readonly book: Book;
  readonly held = new HeldLiquidity();
  /** Public trades the displayed book does not contain yet. */
  readonly pending = new PendingTrades();
  status: MarketStatus = "resyncing";
  statusReason = "no book yet";
  /** Price of the last public trade. */
  last: Ticks | null = null;
  /** The average prices that its rules ask for, by minutes. */
  #averages: ReadonlyMap<number, AveragePrice>;
  /** Exchange time of the last depth event applied; trades up to it are contained in the book. */
  bookTimeMs = 0;
  /** Whether the book follows from its last snapshot without a gap. */
  #isSynced = false;

  readonly resting = {
    buy: new PriceIndex<LiveOrder>("falling", compareQueued),
    sell: new PriceIndex<LiveOrder>("rising", compareQueued),
  };
  /** Orders waiting for the last trade price, by the price that fires or activates them. */
  readonly triggers = {
    falling: new PriceIndex<LiveOrder>("falling", compareOrders),
    rising: new PriceIndex<LiveOrder>("rising", compareOrders),
  };
  /** Trailing orders by the best price they have seen: a new high moves sells, a new low moves buys. */
  readonly trailing = {
    sell: new PriceIndex<LiveOrder>("rising", compareOrders),
    buy: new PriceIndex<LiveOrder>("falling", compareOrders),
  };
  /** Trailing orders that start with the next trade, whatever its price. */
  readonly untracked = new Set<LiveOrder>();
  /** Accepted orders that reach the book when matching resumes. */
  readonly waiting = new Set<LiveOrder>();

  constructor(spec: MarketSpec) {
    this.spec = spec;
    this.rules = ruleBounds(spec);
    this.#averages = averagesFor(spec, new Map());
    this.ledgers = { venue: venueLedger(spec.symbol), fees: feeLedger(spec.symbol) };
    this.book = new Book(spec);
  }

  /** Takes new rules or a new status in the same units. */
  update(spec: MarketSpec): void {
    this.spec = spec;
    this.rules = ruleBounds(spec);
    this.#averages = averagesFor(spec, this.#averages);
    this.held.onNewBook();
  }

  /** Whether orders may match now (P6). */
  get isLive(): boolean {
    return this.#isSynced && this.status === "live" && this.spec.status === "TRADING";
  }

  get isHalted(): boolean {
    return this.status === "halted" || this.spec.status !== "TRADING";
  }

  get valueDecimals(): number {
    return this.spec.priceDecimals + this.spec.sizeDecimals;
  }

  applySnapshot(snapshot: DepthSnapshot): void {
    applySnapshot(this.book, snapshot);
    this.held.clampToBook(this.book);
    this.#isSynced = true;
  }

  /** Applies a depth event; a gap stops matching until the next snapshot. */
  applyDepth(event: DepthEvent, onChange: LevelListener): "applied" | "stale" | "gap" {
    this.held.onNewBook();
    const { kind } = applyDepth(this.book, event, onChange);
    if (kind === "gap") this.#isSynced = false;
    if (kind === "applied") this.bookTimeMs = Math.max(this.bookTimeMs, event.exchangeTimeMs);
    return kind;
  }

  /** Whether the displayed book already contains this trade. */
  contains(trade: MarketTrade): boolean {
    return trade.tradeTimeMs <= this.bookTimeMs;
  }

  /** What an order of `side` in `scope` could take now. */
  liquidity(side: Side, scope: string): Liquidity {
    const bookSide: BookSide = side === "buy" ? "ask" : "bid";
    return {
      book: this.book,
      side: bookSide,
      held: this.held.sizes(scope, bookSide),
      traded: this.pending.side(bookSide),
      stepLots: this.rules.lot.step,
      fromRank: this.#rankAfter(bookSide, this.held.emptyTo(scope, bookSide)),
    };
  }

  #rankAfter(side: BookSide, price: Ticks | null): number {
    if (price === null) return 0;
    const ladder = this.book.side(side);
    return ladder.rankOf(price) + (ladder.sizeAt(price) > 0 ? 1 : 0);
  }

  /** Size an order joining at `price` stands behind: what is displayed and has not traded away. */
  displayedAhead(side: Side, price: Ticks): Lots {
    const bookSide: BookSide = side === "buy" ? "bid" : "ask";
    const traded = this.pending.side(bookSide).get(price) ?? 0;
    return Math.max(0, this.book.sizeAt(bookSide, price) - traded) as Lots;
  }

  /** Takes the price of a public trade. */
  noteTrade({ price, size }: MarketTrade, atMs: number): void {
    this.last = price;
    for (const average of this.#averages.values()) average.add(price, size, atMs);
  }

  /**
   * The price that rules are measured against: the average of the last `minutes`; of none, or when nothing traded in them,
   * the last trade; before the first trade the middle of the book.
   */
  reference(minutes: number, atMs: number): Money | null {
    const { value, size } = this.#averages.get(minutes)?.at(atMs) ?? NOTHING_TRADED;
    if (size > 0n) return shareOf(this.price(1), value, size);
    if (this.last !== null) return this.price(this.last);
    const bid = this.book.bestBid();
    const ask = this.book.bestAsk();
    if (bid === undefined || ask === undefined) return this.#priceOrNull(bid ?? ask);
    return this.price(Math.floor((bid + ask) / 2));
  }

  /** What it knows of average prices, as text: for digests. */
  get averageState(): string[] {
    return [...this.#averages].map(([minutes, { state }]) => `${minutes}: ${state}`).sort();
  }

  /** The price one could sell at, for marking: the best bid, else the last trade. */
  mark(): Ticks | null {
    return this.book.bestBid() ?? this.last;
  }

  ticks(text: string): Ticks {
    return parseUnits(text, this.spec.priceDecimals) as Ticks;
  }

  lots(text: string): Lots {
    return parseUnits(text, this.spec.sizeDecimals) as Lots;
  }

  priceText(price: number): string {
    return formatUnits(price, this.spec.priceDecimals);
  }

  sizeText(size: number): string {
    return formatTrimmed(size, this.spec.sizeDecimals);
  }

  price(price: number): Money {
    return moneyOf(price, this.spec.priceDecimals);
  }

  size(size: number): Money {
    return moneyOf(size, this.spec.sizeDecimals);
  }

  #priceOrNull(price: Ticks | undefined): Money | null {
    return price === undefined ? null : this.price(price);
  }

  /** Exact value of `size` lots at `price`, in the quote asset. */
  value(price: number, size: number): Money {
    return productOf(price, size, this.valueDecimals);
  }
}

const NOTHING_TRADED = { value: 0n, size: 0n };

/** One average per number of minutes that a rule names; those known are kept. */
function averagesFor(
  { rules }: MarketSpec,
  known: ReadonlyMap<number, AveragePrice>,
): ReadonlyMap<number, AveragePrice> {
  const minutes = [rules.notional.avgPriceMins, rules.percentPrice.avgPriceMins];
  return new Map(
    minutes
      .filter((count) => count > 0)
      .map((count) => [count, known.get(count) ?? new AveragePrice(count)]),
  );
}
