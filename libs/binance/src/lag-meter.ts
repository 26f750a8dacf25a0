/** The best of the last one to two windows is what "no delay" looks like. */
const WINDOW_MS = 300_000;

/**
 * Measures how much later than usual events arrive, without trusting that two clocks agree.
 *
 * The difference of arrival (our monotonic clock) and event time (the exchange's) is meaningless by itself, but it is
 * constant up to the delay. So its minimum over the last minutes stands for no delay, and the excess is the delay.
 * A backlog that a stalled connection delivers at last is recognised as old, even though it arrives just now.
 */
export class LagMeter {
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #lowest = Number.POSITIVE_INFINITY;
  #lowestBefore = Number.POSITIVE_INFINITY;

  /** Returns how many milliseconds later than the quickest event of the last minutes this one arrived. */
  measure(exchangeTimeMs: number, monotonicMs: number): number {
    if (monotonicMs - this.#windowStartMs > WINDOW_MS) {
      this.#lowestBefore = this.#lowest;
      this.#lowest = Number.POSITIVE_INFINITY;
      this.#windowStartMs = monotonicMs;
    }
    const difference = monotonicMs - exchangeTimeMs;
    this.#lowest = Math.min(this.#lowest, difference);
    return difference - Math.min(this.#lowest, this.#lowestBefore);
  }

  /** Forgets what was usual, e.g. when the market started over. */
  reset(): void {
    this.#windowStartMs = Number.NEGATIVE_INFINITY;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#lowestBefore = Number.POSITIVE_INFINITY;
  }
}
