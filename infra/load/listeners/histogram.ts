/** Times of any number, counted by the millisecond: what a listener can afford to keep of each of them. */
const MS_MAX = 60_000;

export interface Times {
  readonly count: number;
  /** Milliseconds, rounded up; `null` when nothing was counted. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export class Histogram {
  readonly #counts = new Uint32Array(MS_MAX + 1);
  #count = 0;

  /** Times below nothing, by clocks that differ, count as nothing; those above a minute as a minute. */
  add(ms: number): void {
    this.#counts[Math.min(MS_MAX, Math.max(0, Math.ceil(ms)))]! += 1;
    this.#count += 1;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
  }

  times(): Times {
    return { count: this.#count, p50: this.#at(0.5), p99: this.#at(0.99), max: this.#at(1) };
  }

  /** The smallest time that is not exceeded by `share` of all. */
  #at(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(this.#count * share));
    let seen = 0;
    return this.#counts.findIndex((count) => {
      seen += count;
      return seen >= rank;
    });
  }
}
