import { drawLots } from "./maker-flow.ts";
import type { MarketProfile } from "./profile.ts";
import type { Random } from "./random.ts";
import { type BookSide, otherSide, type SimulatedBook } from "./simulated-book.ts";

/** One match: a taker order makes one or several. */
export interface Match {
  readonly price: number;
  readonly lots: number;
  readonly buyerIsMaker: boolean;
}

/** Most resting orders a taker meets on one level. */
const ORDERS_PER_LEVEL_MAX = 40;
const LONE_MATCH_SHARE = 0.72;

/** What takers do: they consume what is displayed, and nothing else, one match per resting order. */
export class TakerFlow {
  private readonly profile: MarketProfile;
  private readonly random: Random;
  private readonly book: SimulatedBook;
  private lastSide: BookSide = "bids";

  constructor(profile: MarketProfile, random: Random, book: SimulatedBook) {
    this.profile = profile;
    this.random = random;
    this.book = book;
  }

  /** A taker order that fills within the best level and leaves it standing. Tells no match when it is too thin. */
  takeFromTouch(): Match[] {
    const side = this.nextSide();
    const list = this.book[side];
    const price = list.priceAt(0);
    const matches: Match[] = [];
    let held = list.sizeAt(0);
    for (let orders = this.restingOrders(); orders > 0; orders--) {
      const lots = Math.min(this.tradeLots(), held - 1);
      if (lots < 1) break;
      held -= lots;
      matches.push({ price, lots, buyerIsMaker: side === "bids" });
    }
    if (matches.length > 0) this.book.set(side, price, held);
    return matches;
  }

  /** A taker order that takes every level of `side` better than `limit` (ticks), best first. */
  sweep(side: BookSide, limit: number): Match[] {
    this.lastSide = side;
    const list = this.book[side];
    const matches: Match[] = [];
    while (list.length > 1 && list.sign * (list.priceAt(0) - limit) > 0) {
      const price = list.priceAt(0);
      for (const lots of this.split(list.sizeAt(0))) {
        matches.push({ price, lots, buyerIsMaker: side === "bids" });
      }
      this.book.set(side, price, 0);
    }
    return matches;
  }

  private nextSide(): BookSide {
    if (!this.random.chance(this.profile.sameSideShare)) this.lastSide = otherSide(this.lastSide);
    return this.lastSide;
  }

  private restingOrders(): number {
    return this.random.chance(LONE_MATCH_SHARE) ? 1 : 2 + Math.floor(this.random.exponential(1.2));
  }

  private tradeLots(): number {
    return drawLots(this.random, this.profile.tradeSize, this.profile.sizeDecimals);
  }

  /** Splits a level's size into resting orders; the last one takes what is left. */
  private split(lots: number): number[] {
    const parts: number[] = [];
    let left = lots;
    while (left > 0 && parts.length < ORDERS_PER_LEVEL_MAX - 1) {
      const part = Math.min(left, this.tradeLots());
      parts.push(part);
      left -= part;
    }
    if (left > 0) parts.push(left);
    return parts;
  }
}
