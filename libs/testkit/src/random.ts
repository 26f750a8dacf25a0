/** Randomness that a seed repeats, for tests and benches. */
import { createHash } from "node:crypto";

/** Mulberry32, by Tommy Ettinger: small, and good enough to draw schedules and orders from. */
export class Random {
  #state: number;

  /** The same seed and name give the same numbers; with names, parts of a run have streams that do not disturb each other. */
  constructor(seed: number, name?: string) {
    this.#state =
      name === undefined
        ? seed >>> 0
        : createHash("sha256").update(`${seed}/${name}`).digest().readUInt32LE(0);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Picks a name by its weight. */
  weighted<N extends string>(weights: Readonly<Record<N, number>>): N {
    const entries = Object.entries(weights) as [N, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries.at(-1)![0];
  }
}

/** The numbers alone. */
export function randomNumbers(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}
