import type { Clock } from "@mirrorbook/kernel";

/** Lets through `perSecond` on average and twice that at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = 2 * perSecond;
    this.#filledAtMs = clock.monotonicMs();
  }

  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const earned = ((nowMs - this.#filledAtMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#tokens + earned, 2 * this.#perSecond);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** Refused messages in a row after which a client is taken for broken and disconnected. */
const REFUSED_IN_A_ROW_MAX = 1_000;

/** What one connection may send: messages beyond the rate are refused, and one that never listens is cut. */
export class MessageBudget {
  readonly #bucket: TokenBucket;
  #refusedInARow = 0;

  constructor(perSecond: number, clock: Clock) {
    this.#bucket = new TokenBucket(perSecond, clock);
  }

  spend(): "pass" | "refuse" | "disconnect" {
    if (this.#bucket.take()) {
      this.#refusedInARow = 0;
      return "pass";
    }
    this.#refusedInARow++;
    return this.#refusedInARow > REFUSED_IN_A_ROW_MAX ? "disconnect" : "refuse";
  }
}
