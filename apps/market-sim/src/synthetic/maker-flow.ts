import type { MarketProfile, SizeMixture } from "./profile.ts";
import type { Random } from "./random.ts";
import { type BookSide, otherSide, type SimulatedBook } from "./simulated-book.ts";

/** Beyond this distance the book thins out, as it does on Binance. */
const DENSE_WITHIN_BPS = 30;
const THINNING = 1.3;
/** At most this share of all ticks is taken by a level, so a coarse tick does not make a wall. */
const DENSITY_MAX = 0.95;
const FAR_SHARE = 0.018;
const FAR_MEDIAN_BPS = 600;
/** Furthest order from the touch: half of the price. */
const DISTANCE_MAX_BPS = 5_000;
/** Expected number of levels in the window in which the density is judged. */
const WINDOW_LEVELS = 8;
/** Fewest levels a side keeps, so that a book is always there to trade against. */
export const LEVELS_MIN = 50;

/**
 * What makers do: they place, change and withdraw orders so that the book keeps its shape.
 *
 * There is no list of orders behind the levels. An event picks a distance from the touch; whether a level appears or
 * disappears there depends on how many stand around it, which holds the density near the profile while prices move.
 */
export class MakerFlow {
  private readonly profile: MarketProfile;
  private readonly random: Random;
  private readonly book: SimulatedBook;
  private readonly touchTarget = { bids: 0, asks: 0 };

  constructor(profile: MarketProfile, random: Random, book: SimulatedBook) {
    this.profile = profile;
    this.random = random;
    this.book = book;
  }

  /** Builds both sides around a price (ticks) with the profile's density, best level first. */
  populate(priceTicks: number): void {
    for (const side of ["bids", "asks"] as const) {
      const sign = this.book[side].sign;
      let price = side === "bids" ? priceTicks : priceTicks + 1;
      this.book.set(side, price, this.touchSize(side));
      for (;;) {
        const distance = Math.abs(price - priceTicks) + 1;
        const gap = Math.max(1, Math.round(this.random.exponential(1 / this.density(distance))));
        price -= sign * gap;
        if (Math.abs(price - priceTicks) > this.distanceMax(priceTicks)) break;
        this.book.set(side, price, this.lots(this.profile.levelSize));
      }
    }
  }

  /** One event behind the touch: change, flash, repeat, or a level more or less. */
  levelEvent(): void {
    const { random, profile } = this;
    const side = this.anySide();
    const price = this.pickPrice(side);
    const { changeShare, flashShare, repeatShare } = profile;
    const dice = random.uniform();
    if (dice < changeShare) this.changeNearest(side, price);
    else if (dice < changeShare + flashShare) this.flash(side, price);
    else if (dice < changeShare + flashShare + repeatShare) this.repeat(side, price);
    else this.restructure(side, price);
  }

  /** Changes the size at a best price, drawn towards a target that lasts as long as the price does. */
  touchEvent(): void {
    const side = this.anySide();
    const list = this.book[side];
    const target = this.touchTarget[side] || this.touchSize(side);
    const held = list.sizeAt(0);
    const portion = Math.ceil(target * this.random.between(0.01, 0.25));
    const grows = this.random.chance(0.5 + 0.42 * Math.tanh((target - held) / target));
    this.book.set(side, list.priceAt(0), grows ? held + portion : Math.max(1, held - portion));
  }

  /** A fresh best price one tick from the other side; the size there grows from small. */
  closeSpread(side: BookSide): void {
    if (this.book.spread() <= 1) return;
    const other = otherSide(side);
    const price = this.book[other].priceAt(0) - this.book[side].sign;
    this.renewTarget(side);
    this.renewTarget(other);
    this.book.set(side, price, Math.ceil(this.touchTarget[side] * this.random.between(0.02, 0.4)));
  }

  private renewTarget(side: BookSide): void {
    this.touchTarget[side] = this.touchSize(side);
  }

  private touchSize(side: BookSide): number {
    const { touchMedian, touchSigma, sizeDecimals } = this.profile;
    const size = this.random.logNormal(touchMedian, touchSigma) * 10 ** sizeDecimals;
    this.touchTarget[side] = Math.max(2, Math.round(size));
    return this.touchTarget[side];
  }

  /** Orders never improve the touch here: a price is at least one tick behind it. */
  private pickPrice(side: BookSide): number {
    const best = this.book[side].priceAt(0);
    const far = this.random.chance(FAR_SHARE);
    const bps = far
      ? this.random.logNormal(FAR_MEDIAN_BPS, 1)
      : this.random.logNormal(this.profile.distanceMedianBps, this.profile.distanceSigma);
    const ticks = Math.max(1, Math.round((best * bps) / 10_000));
    return best - this.book[side].sign * Math.min(ticks, this.distanceMax(best));
  }

  private restructure(side: BookSide, price: number): void {
    const list = this.book[side];
    const distance = Math.abs(price - list.priceAt(0)) + 1;
    const reach = Math.max(1, Math.round(WINDOW_LEVELS / 2 / this.density(distance)));
    const expected = (2 * reach + 1) * this.density(distance);
    const missing = (expected - list.countAround(price, reach)) / expected;
    const nearest = list.nearest(price);
    const nothingNear = Math.abs(nearest - price) > reach || nearest === list.priceAt(0);
    if (nothingNear || this.random.chance(0.5 + 0.5 * Math.max(-0.9, Math.min(0.9, missing)))) {
      this.book.set(side, price, list.sizeOf(price) + this.lots(this.profile.levelSize));
    } else if (list.length > LEVELS_MIN) {
      this.book.set(side, nearest, 0);
    }
  }

  private changeNearest(side: BookSide, price: number): void {
    const nearest = this.book[side].nearest(price);
    if (nearest === this.book[side].priceAt(0)) return;
    this.book.set(side, nearest, this.lots(this.profile.levelSize));
  }

  private flash(side: BookSide, price: number): void {
    if (this.book[side].sizeOf(price) > 0) return;
    this.book.set(side, price, this.lots(this.profile.levelSize));
    this.book.set(side, price, 0);
  }

  private repeat(side: BookSide, price: number): void {
    const nearest = this.book[side].nearest(price);
    const held = this.book[side].sizeOf(nearest);
    this.book.set(side, nearest, held + this.lots(this.profile.levelSize));
    this.book.set(side, nearest, held);
  }

  /** Levels per tick at a distance from the touch. */
  private density(distanceTicks: number): number {
    const ticksPerBps = (this.profile.price * 10 ** this.profile.priceDecimals) / 10_000;
    const near = this.profile.levelsPerBps / ticksPerBps;
    const farness = distanceTicks / (DENSE_WITHIN_BPS * ticksPerBps);
    return Math.min(DENSITY_MAX, farness > 1 ? near * farness ** -THINNING : near);
  }

  private distanceMax(priceTicks: number): number {
    return Math.floor((priceTicks * DISTANCE_MAX_BPS) / 10_000);
  }

  private anySide(): BookSide {
    return this.random.chance(0.5) ? "bids" : "asks";
  }

  private lots(mixture: SizeMixture): number {
    return drawLots(this.random, mixture, this.profile.sizeDecimals);
  }
}

export function drawLots(random: Random, mixture: SizeMixture, sizeDecimals: number): number {
  const size = random.chance(mixture.smallShare)
    ? random.logNormal(mixture.smallMedian, mixture.smallSigma)
    : random.logNormal(mixture.largeMedian, mixture.largeSigma);
  return Math.max(1, Math.round(size * 10 ** sizeDecimals));
}
