/**
 * How often something may be told: on average once per interval, and at once when it is due.
 *
 * A late one may be followed a little earlier, or a rhythm that lost its phase once (a market sends every 100 ms, one message
 * came 60 ms late) would stay behind by as much for ever.
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

  /** Milliseconds until the next one may be told; 0 or less: now. */
  waitMs(nowMs: number): number {
    return this.#dueMs - this.#slackMs - nowMs;
  }

  /** One is told now. */
  told(nowMs: number): void {
    this.#dueMs = Math.max(nowMs, this.#dueMs) + this.#intervalMs;
  }
}
