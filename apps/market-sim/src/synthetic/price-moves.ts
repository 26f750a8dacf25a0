import type { FairPrice } from "./fair-price.ts";
import { LEVELS_MIN, type MakerFlow } from "./maker-flow.ts";
import type { MarketProfile } from "./profile.ts";
import type { Random } from "./random.ts";
import { type BookSide, otherSide, type SimulatedBook } from "./simulated-book.ts";
import type { Match, TakerFlow } from "./taker-flow.ts";

/** Mean time between the steps of one move. */
const STEP_EVERY_MS = 45;
/** How strongly the price is drawn to its fair value: full effect when it is this far away. */
const FAIR_PULL_BPS = 40;
const FAIR_PULL_MAX = 0.3;
const MOMENTUM = 0.55;
/** Makers answer a step at once nearly always; else the spread stays open for a moment. */
const CLOSES_AT_ONCE = 0.9;
/** Sizes above this many trades' worth are withdrawn before a sweep: makers see it coming. */
const PULLED_SHARE = 0.5;

interface Move {
  readonly attacked: BookSide;
  ticksLeft: number;
  stepsLeft: number;
  waitMs: number;
}

/**
 * How the price moves: in short episodes that eat into one side of the book, step by step, while the other side
 * follows one tick behind. Most seconds see none.
 */
export class PriceMoves {
  private readonly profile: MarketProfile;
  private readonly random: Random;
  private readonly book: SimulatedBook;
  private readonly makers: MakerFlow;
  private readonly takers: TakerFlow;
  private readonly fair: FairPrice;
  private move: Move | undefined;
  private lastAttacked: BookSide = "asks";
  private spreadOpen = false;

  constructor(parts: {
    profile: MarketProfile;
    random: Random;
    book: SimulatedBook;
    makers: MakerFlow;
    takers: TakerFlow;
    fair: FairPrice;
  }) {
    this.profile = parts.profile;
    this.random = parts.random;
    this.book = parts.book;
    this.makers = parts.makers;
    this.takers = parts.takers;
    this.fair = parts.fair;
  }

  /**
   * Lets `stepMs` pass. `told` hears of the book after every atomic change; `matched` gets the matches of a taker order.
   * Returns how far the price moved, in bps: what excites the market.
   */
  advance(
    nowMs: number,
    stepMs: number,
    calm: number,
    told: () => void,
    matched: (matches: Match[]) => void,
  ): number {
    if (this.spreadOpen) this.close(told);
    if (this.move === undefined && this.random.chance(this.startsWithin(stepMs, calm))) {
      this.move = this.begin(nowMs);
    }
    const move = this.move;
    if (move === undefined) return 0;
    move.waitMs -= stepMs;
    if (move.waitMs > 0) return 0;
    return this.step(move, told, matched);
  }

  private startsWithin(stepMs: number, calm: number): number {
    return (this.profile.movesPerSecond * calm * stepMs) / 1000;
  }

  private begin(nowMs: number): Move {
    const mid = this.book.mid();
    const fairTicks = this.fair.at(nowMs) * 10 ** this.profile.priceDecimals;
    const gapBps = ((fairTicks - mid) / mid) * 10_000;
    const pull = FAIR_PULL_MAX * Math.max(-1, Math.min(1, gapBps / FAIR_PULL_BPS));
    const trend = this.lastAttacked === "asks" ? MOMENTUM - 0.5 : 0.5 - MOMENTUM;
    const attacked = this.random.chance(0.5 + trend + pull) ? "asks" : "bids";
    const bps = this.random.exponential(this.profile.moveMeanBps);
    const ticksLeft = Math.max(1, Math.round((mid * bps) / 10_000));
    this.lastAttacked = attacked;
    const stepsLeft = Math.min(ticksLeft, 1 + this.random.poisson(this.profile.moveSteps - 1));
    return { attacked, ticksLeft, stepsLeft, waitMs: 0 };
  }

  private step(move: Move, told: () => void, matched: (matches: Match[]) => void): number {
    const ticks = Math.max(1, Math.round(move.ticksLeft / move.stepsLeft));
    const list = this.book[move.attacked];
    const limit = list.priceAt(0) - list.sign * ticks;
    if (list.length - list.depthOf(limit) > LEVELS_MIN) {
      if (this.random.chance(this.profile.sweepShare))
        this.sweep(move.attacked, limit, told, matched);
      else this.withdraw(move.attacked, limit, 0);
      told();
      this.spreadOpen = true;
      if (this.random.chance(CLOSES_AT_ONCE)) this.close(told);
    }
    move.ticksLeft -= ticks;
    move.stepsLeft--;
    move.waitMs = this.random.exponential(STEP_EVERY_MS);
    if (move.stepsLeft <= 0 || move.ticksLeft <= 0) this.move = undefined;
    return (ticks / list.priceAt(0)) * 10_000;
  }

  /** The side that was not attacked follows to one tick behind; sometimes the attacked one comes back. */
  private close(told: () => void): void {
    this.spreadOpen = false;
    this.makers.closeSpread(otherSide(this.lastAttacked));
    told();
  }

  private sweep(
    side: BookSide,
    limit: number,
    told: () => void,
    matched: (matches: Match[]) => void,
  ): void {
    this.withdraw(side, limit, 1 - PULLED_SHARE);
    told();
    const matches = this.takers.sweep(side, limit);
    told();
    if (matches.length > 0) matched(matches);
  }

  /** Takes orders better than `limit` off the book, the deepest first; keeps each with probability `keep`, made small. */
  private withdraw(side: BookSide, limit: number, keep: number): void {
    const list = this.book[side];
    for (let depth = list.depthOf(limit) - 1; depth >= 0; depth--) {
      const price = list.priceAt(depth);
      const touch = depth === 0;
      if (keep === 0 || (!touch && !this.random.chance(keep))) this.book.set(side, price, 0);
      else
        this.book.set(
          side,
          price,
          Math.max(1, Math.round(list.sizeAt(depth) * this.random.between(0.02, 0.3))),
        );
    }
  }
}
