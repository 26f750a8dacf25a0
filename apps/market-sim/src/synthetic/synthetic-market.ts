import { MarketHistory } from "../history/market-history.ts";
import type { Trade } from "../history/tape.ts";
import { FairPrice } from "./fair-price.ts";
import { Intensity } from "./intensity.ts";
import { MakerFlow } from "./maker-flow.ts";
import { SyntheticPast } from "./past-bars.ts";
import { PriceMoves } from "./price-moves.ts";
import type { MarketProfile } from "./profile.ts";
import { hashText, Random } from "./random.ts";
import { type BookDiff, SimulatedBook } from "./simulated-book.ts";
import { type Match, TakerFlow } from "./taker-flow.ts";

/** Resolution of market time. */
export const STEP_MS = 10;
const DIFF_EVERY_MS = 100;
const SLOW_DIFF_EVERY_MS = 1_000;
const MINUTE_MS = 60_000;
/** Market time that passes before the start, so the book and its bursts have settled. */
const WARM_UP_MS = 20_000;
/** Ids grow with the calendar faster than a market can use them, so a restarted simulator never goes back. */
const UPDATE_IDS_PER_SECOND = 2_000;
const TRADE_IDS_PER_SECOND = 100;

/** Best prices and sizes, in ticks and lots. */
export interface Touch {
  readonly updateId: number;
  readonly bid: number;
  readonly bidLots: number;
  readonly ask: number;
  readonly askLots: number;
}

/** What a market tells while its time passes, in the exchange's order. */
export interface MarketListener {
  onTouch(touch: Touch): void;
  onTrades(trades: readonly Trade[], eventTimeMs: number): void;
  onDiff(diff: BookDiff, speed: "100ms" | "1000ms", eventTimeMs: number): void;
}

const nobody: MarketListener = { onTouch() {}, onTrades() {}, onDiff() {} };

/**
 * One synthetic market: pure, deterministic, stepped from outside. Same profile, seed and start: same market, byte for
 * byte, however the steps are grouped.
 *
 * Promises: 1 every change takes one update id and ids have no hole; 2 the book is never crossed or empty; 3 a trade
 * consumes size that was displayed; 4 `onTouch` tells every change of the best prices with the update id that made it;
 * 5 diffs join without a hole, and the book at any moment is continued by the next one.
 */
export class SyntheticMarket {
  readonly profile: MarketProfile;
  readonly book: SimulatedBook;
  readonly history: MarketHistory;
  private readonly random: Random;
  private readonly intensity: Intensity;
  private readonly makers: MakerFlow;
  private readonly takers: TakerFlow;
  private readonly moves: PriceMoves;
  private readonly phaseMs: number;
  private timeMs: number;
  private nextTradeId: number;
  private touch: Touch;
  private listener: MarketListener = nobody;
  private ordersThisStep = 0;

  constructor(profile: MarketProfile, seed: string, startMs: number) {
    this.profile = profile;
    this.random = new Random(`${seed}/${profile.symbol}`);
    const fair = new FairPrice(profile, seed);
    this.phaseMs = (hashText(`${profile.symbol}/phase`) % (DIFF_EVERY_MS / STEP_MS)) * STEP_MS;
    this.timeMs = Math.floor((startMs - WARM_UP_MS) / STEP_MS) * STEP_MS;
    const startSecond = Math.floor(this.timeMs / 1_000);
    this.nextTradeId = startSecond * TRADE_IDS_PER_SECOND;
    this.book = new SimulatedBook(startSecond * UPDATE_IDS_PER_SECOND);
    this.intensity = new Intensity(profile, this.random);
    this.makers = new MakerFlow(profile, this.random, this.book);
    this.takers = new TakerFlow(profile, this.random, this.book);
    const { random, book, makers, takers } = this;
    this.moves = new PriceMoves({ profile, random, book, makers, takers, fair });
    this.history = this.beginHistory(fair);
    this.makers.populate(Math.round(fair.at(this.timeMs) * 10 ** profile.priceDecimals));
    this.touch = this.readTouch();
    this.advanceTo(startMs, nobody);
  }

  /** The time up to which the market has happened. */
  get nowMs(): number {
    return this.timeMs;
  }

  /** Lets market time pass up to `untilMs` and tells what happens. */
  advanceTo(untilMs: number, listener: MarketListener): void {
    this.listener = listener;
    while (this.timeMs + STEP_MS <= untilMs) this.step();
    this.listener = nobody;
  }

  /** Jumps over a span in which nothing happens: a halt, or a computer asleep. */
  skipTo(timeMs: number): void {
    this.timeMs = Math.max(this.timeMs, Math.floor(timeMs / STEP_MS) * STEP_MS);
  }

  private step(): void {
    this.timeMs += STEP_MS;
    this.ordersThisStep = 0;
    this.intensity.advance(STEP_MS);
    const seconds = (STEP_MS / 1_000) * this.intensity.level;
    this.repeat(this.profile.levelEventsPerSecond * seconds, () => this.makers.levelEvent());
    this.repeat(this.profile.touchEventsPerSecond * seconds, () => {
      this.makers.touchEvent();
      this.tellTouch();
    });
    this.repeat(this.profile.takersPerSecond * seconds, () => {
      const matches = this.takers.takeFromTouch();
      this.tellTouch();
      this.tellTrades(matches);
    });
    const movedBps = this.moves.advance(
      this.timeMs,
      STEP_MS,
      this.intensity.calm,
      () => this.tellTouch(),
      (matches) => this.tellTrades(matches),
    );
    this.intensity.excite(movedBps);
    this.tellDiffs();
  }

  private repeat(mean: number, event: () => void): void {
    for (let count = this.random.poisson(mean); count > 0; count--) event();
  }

  private tellTouch(): void {
    const { bids, asks } = this.book;
    const { bid, bidLots, ask, askLots } = this.touch;
    const same =
      bid === bids.priceAt(0) &&
      ask === asks.priceAt(0) &&
      bidLots === bids.sizeAt(0) &&
      askLots === asks.sizeAt(0);
    if (same) return;
    this.touch = this.readTouch();
    this.listener.onTouch(this.touch);
  }

  private tellTrades(matches: readonly Match[]): void {
    if (matches.length === 0) return;
    // Orders of one step get different times, since aggregation tells taker orders apart by time.
    const timeMs = this.timeMs - STEP_MS + 1 + (this.ordersThisStep++ % STEP_MS);
    const trades = matches.map((match) => ({ id: this.nextTradeId++, timeMs, ...match }));
    for (const trade of trades) this.history.addTrade(trade);
    this.listener.onTrades(trades, this.timeMs);
  }

  private tellDiffs(): void {
    const sincePhase = this.timeMs - this.phaseMs;
    if (sincePhase % DIFF_EVERY_MS === 0) this.tellDiff("100ms");
    if (sincePhase % SLOW_DIFF_EVERY_MS === 0) this.tellDiff("1000ms");
  }

  private tellDiff(speed: "100ms" | "1000ms"): void {
    const diff = this.book.takeDiff(speed === "100ms" ? this.book.fast : this.book.slow);
    if (diff !== undefined) this.listener.onDiff(diff, speed, this.timeMs);
  }

  private readTouch(): Touch {
    const { bids, asks, updateId } = this.book;
    return {
      updateId,
      bid: bids.priceAt(0),
      bidLots: bids.sizeAt(0),
      ask: asks.priceAt(0),
      askLots: asks.sizeAt(0),
    };
  }

  private beginHistory(fair: FairPrice): MarketHistory {
    const past = new SyntheticPast(this.profile, fair, this.timeMs);
    const history = new MarketHistory(this.profile, this.nextTradeId, past);
    const openTimeMs = Math.floor(this.timeMs / MINUTE_MS) * MINUTE_MS;
    history.begin({ ...past.at(openTimeMs), openTimeMs });
    return history;
  }
}
