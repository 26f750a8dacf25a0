/**
 * Publishes markets at their rates, beside the line of commits and never in its way.
 *
 * A book is published as soon as it changes and its pace allows, not at the next tick: a fixed tick of 100 ms would add 50 ms
 * on average to what a client sees. Markets whose books change together are published in one go, so they reach a gateway
 * together (ARCHITECTURE 5.5); the rest follows a tick. A publication that fails is logged and made up for by the next tick,
 * which reads where the stream stands.
 */
import type { FeedEvent } from "@mirrorbook/binance";
import {
  type Exchange,
  GLOBAL_SCOPE,
  type HeldChange,
  type TapeEntry,
  type UserCommit,
} from "@mirrorbook/exchange";
import type { MarketInfo } from "@mirrorbook/protocol";
import type { Logger } from "pino";
import type { MarketMirror } from "../market-mirror.ts";
import type { BroadcastStore, Time } from "../ports.ts";
import { MarketBroadcast } from "./market-broadcast.ts";
import { type Fees, marketInfo } from "./market-info.ts";

/** Ten a second for tape and held liquidity; the others at every so many of these ticks. */
export const TICK_INTERVAL_MS = 100;
/** What changes within one turn of the loop is published together. */
const GATHER_MS = 0;
const TICKS_PER_DEEP_BOOK = 10;
const TICKS_PER_TICKER = 3;
const TICKS_PER_HEARTBEAT = 10;

export interface BroadcasterDeps {
  readonly store: BroadcastStore;
  readonly mirror: MarketMirror;
  readonly exchange: Pick<Exchange, "held">;
  readonly source: MarketInfo["source"];
  readonly fees: Fees;
  readonly time: Time;
  readonly log: Logger;
  readonly mayPublish: () => boolean;
}

export class Broadcaster {
  readonly #deps: BroadcasterDeps;
  readonly #markets = new Map<string, MarketBroadcast>();
  #infoShown = "";
  #ticks = 0;
  #beats = 0;
  #isFailing = false;
  #cancel = () => {};
  #cancelBooks = () => {};
  /** When books are published next, by the monotonic clock. */
  #booksAtMs = Number.POSITIVE_INFINITY;

  constructor(deps: BroadcasterDeps) {
    this.#deps = deps;
    const { store, source, mirror, exchange } = deps;
    for (const symbol of mirror.markets.keys()) {
      const market = () => mirror.markets.get(symbol)!;
      const heldShown = () => exchange.held(symbol, GLOBAL_SCOPE);
      this.#markets.set(symbol, new MarketBroadcast({ store, source, market, heldShown }));
    }
  }

  start(): void {
    this.#tick();
  }

  stop(): void {
    this.#cancel();
    this.#cancelBooks();
  }

  onFeed(event: FeedEvent): void {
    if (event.kind === "trade") this.#markets.get(event.trade.symbol)?.onFeed(event);
    if (event.kind === "depth" || event.kind === "snapshot") this.#publishBooksIn(GATHER_MS);
  }

  onHeldChanged(changes: readonly HeldChange[]): void {
    for (const { symbol } of changes) this.#markets.get(symbol)?.onHeldChanged();
  }

  /** Fills and events that are durable now. */
  onCommitted(commits: readonly UserCommit[], tape: readonly TapeEntry[]): void {
    for (const entry of tape) this.#markets.get(entry.symbol)?.onFill(entry);
    const told = commits.filter(({ events }) => events.length > 0);
    if (told.length > 0) this.#settle(this.#deps.store.monitor(told));
  }

  #tick(): void {
    this.#cancel = this.#deps.time.after(TICK_INTERVAL_MS, () => this.#tick());
    if (!this.#deps.mayPublish()) return;
    const timestamp = new Date(this.#deps.time.nowMs()).toISOString();
    for (const market of this.#markets.values()) {
      this.#settle(market.status(timestamp));
      this.#settle(market.tape(timestamp));
      this.#settle(market.held(timestamp));
      if (this.#ticks % TICKS_PER_TICKER === 0) this.#settle(market.ticker(timestamp));
      if (this.#ticks % TICKS_PER_DEEP_BOOK === 0) this.#settle(market.deepBook(timestamp));
    }
    // What waits for its pace has an appointment; what has none failed before.
    if (this.#booksAtMs === Number.POSITIVE_INFINITY) this.#publishBooks(timestamp);
    this.#settle(this.#tellMarkets());
    if (this.#ticks % TICKS_PER_HEARTBEAT === 0) this.#beat();
    this.#ticks += 1;
  }

  /** At the latest; an earlier appointment stands. */
  #publishBooksIn(ms: number): void {
    const atMs = this.#deps.time.monotonicMs() + ms;
    if (atMs >= this.#booksAtMs) return;
    this.#cancelBooks();
    this.#booksAtMs = atMs;
    this.#cancelBooks = this.#deps.time.after(ms, () => {
      this.#booksAtMs = Number.POSITIVE_INFINITY;
      this.#publishBooks(new Date(this.#deps.time.nowMs()).toISOString());
    });
  }

  /** Publishes books that changed and may be told; comes back for those that may not yet. */
  #publishBooks(timestamp: string): void {
    if (!this.#deps.mayPublish()) return;
    const nowMs = this.#deps.time.monotonicMs();
    let againInMs = Number.POSITIVE_INFINITY;
    for (const market of this.#markets.values()) {
      const waitMs = market.booksWaitMs(nowMs);
      if (waitMs === null) continue;
      if (waitMs === 0) this.#settle(market.books(timestamp, nowMs));
      else againInMs = Math.min(againInMs, waitMs);
    }
    if (Number.isFinite(againInMs)) this.#publishBooksIn(againInMs);
  }

  #beat(): void {
    this.#beats += 1;
    this.#settle(this.#deps.store.heartbeat(this.#beats, [...this.#markets.keys()]));
  }

  /** What clients learn of the markets, when it is not what they learned before. */
  async #tellMarkets(): Promise<void> {
    const { mirror, source, fees, store } = this.#deps;
    const infos = Array.from(mirror.markets.values(), (market) => marketInfo(market, source, fees));
    const shown = JSON.stringify(infos);
    if (shown === this.#infoShown) return;
    this.#infoShown = shown;
    await store.writeMarkets(infos).catch((error) => {
      this.#infoShown = "";
      throw error;
    });
  }

  /** Says once that publications fail, not for each of the dozens a second while Redis is away. */
  #settle(publication: Promise<unknown>): void {
    publication.then(
      () => {
        this.#isFailing = false;
      },
      (error) => {
        if (this.#isFailing) return;
        this.#isFailing = true;
        this.#deps.log.warn({ err: error }, "Publications fail; each tick tries again");
      },
    );
  }
}
