import type { MarketProfile } from "./profile.ts";
import type { Random } from "./random.ts";

const SLOW_MEMORY_MS = 6_000;
const EXCITEMENT_MEMORY_MS = 700;
const FAST_SLOT_MS = 100;
/** Excitement per basis point that the price moves, and the most of it. */
const EXCITEMENT_PER_BPS = 1;
const EXCITEMENT_MAX = 5;

/**
 * How busy the market is, as a factor with a long-run mean near 1: a slow log-normal tide, fast gusts of 100 ms, and
 * excitement after every price step, which fades. Together they give real streams' heavy tail: most seconds are calm,
 * one in a hundred has ten times the messages.
 */
export class Intensity {
  private readonly profile: MarketProfile;
  private readonly random: Random;
  private tide: number;
  private gust = 1;
  private gustEndsInMs = 0;
  private excitement = 0;

  constructor(profile: MarketProfile, random: Random) {
    this.profile = profile;
    this.random = random;
    this.tide = random.normal();
  }

  excite(movedBps: number): void {
    this.excitement = Math.min(EXCITEMENT_MAX, this.excitement + movedBps * EXCITEMENT_PER_BPS);
  }

  advance(stepMs: number): void {
    const kept = Math.exp(-stepMs / SLOW_MEMORY_MS);
    this.tide = kept * this.tide + Math.sqrt(1 - kept * kept) * this.random.normal();
    this.excitement *= Math.exp(-stepMs / EXCITEMENT_MEMORY_MS);
    this.gustEndsInMs -= stepMs;
    if (this.gustEndsInMs > 0) return;
    const sigma = this.profile.fastBurstiness;
    this.gust = this.random.logNormal(Math.exp((-sigma * sigma) / 2), sigma);
    this.gustEndsInMs = FAST_SLOT_MS;
  }

  /** The factor on all rates now. */
  get level(): number {
    return this.calm * this.gust * (1 + this.excitement);
  }

  /** The tide alone: what decides how often the price starts to move. */
  get calm(): number {
    const sigma = this.profile.slowBurstiness;
    return Math.exp(sigma * this.tide - (sigma * sigma) / 2);
  }
}
