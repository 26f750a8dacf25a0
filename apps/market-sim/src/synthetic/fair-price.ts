import type { MarketProfile } from "./profile.ts";
import { hashText, normalAt, uniformAt } from "./random.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Waves of 2 minutes, 4 minutes, … up to about 23 days: together they look like a random walk, with bounded reach. */
const OCTAVES = 15;
const SHORTEST_WAVE_MS = 2 * MINUTE_MS;
/** Makes the sum of all waves move by `dailyVolatility` in a day, found by measuring. */
const WAVE_SHARE = 0.62;

/**
 * The value the market believes in at any moment, past or future: a function of seed and time alone.
 *
 * Candles of the past are read off it, and the live price is drawn towards it, so a restarted simulator with the same
 * seed continues near where it was, with the same past.
 */
export class FairPrice {
  private readonly profile: MarketProfile;
  private readonly seed: number;
  /** The two random values around the last position of each wave: neighbouring moments share them. */
  private readonly nodes = Array.from({ length: OCTAVES }, () => ({
    index: Number.NaN,
    here: 0,
    next: 0,
  }));

  constructor(profile: MarketProfile, seed: string) {
    this.profile = profile;
    this.seed = hashText(`${seed}/${profile.symbol}/fair-price`);
  }

  /** In the quote asset. */
  at(timeMs: number): number {
    let exponent = 0;
    let waveMs = SHORTEST_WAVE_MS;
    for (let octave = 0; octave < OCTAVES; octave++) {
      const size = this.profile.dailyVolatility * WAVE_SHARE * Math.sqrt(waveMs / DAY_MS);
      exponent += size * this.wave(octave, timeMs / waveMs);
      waveMs *= 2;
    }
    return this.profile.price * Math.exp(exponent);
  }

  /** Smooth noise with one random value per unit of `position`. */
  private wave(octave: number, position: number): number {
    const node = this.nodes[octave]!;
    const index = Math.floor(position);
    if (index !== node.index) {
      const seed = (this.seed + octave * 0x9e3779b1) | 0;
      node.index = index;
      node.here = normalAt(seed, index);
      node.next = normalAt(seed, index + 1);
    }
    const part = position - index;
    const ease = part * part * (3 - 2 * part);
    return node.here + ease * (node.next - node.here);
  }

  /** A number in [0, 1) that belongs to a minute and a purpose. */
  dice(minute: number, purpose: number): number {
    return uniformAt((this.seed ^ Math.imul(purpose + 1, 0x27d4eb2f)) | 0, minute);
  }
}
