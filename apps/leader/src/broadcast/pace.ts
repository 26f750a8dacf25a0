/**
 * How often something may be told: on average once per interval, and at once when it is due.
 *
 * A late one may be followed a little earlier, and what comes too early waits for the next change, rather than for the moment
 * it may be told at. Otherwise a rhythm as fast as the pace (a market sends every 100 ms, and once a message more) would be
 * told late for ever.
 */
export class Pace {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  /** When the next one would be due if all came exactly on time. */
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number, slackMs: number) {
    this.#intervalMs = intervalMs;
    this.#slackMs = slackMs;
  }

  /** 0: what changed now may be told; else for how many milliseconds it has to wait for the next change. */
  waitMs(nowMs: number): number {
    // Longer than the interval, or the one that waits would be told a moment before the next change as often as with it.
    return nowMs >= this.#dueMs - this.#slackMs ? 0 : this.#intervalMs + this.#slackMs;
  }

  /** One is told now. */
  told(nowMs: number): void {
    this.#dueMs = Math.max(nowMs, this.#dueMs) + this.#intervalMs;
  }
}
