import type { Clock } from "@mirrorbook/kernel";

/** Lets through `perSecond` on average and twice that at once; what is charged may be owed, up to a second's worth. */
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
    this.#earn();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  charge(tokens: number): void {
    this.#earn();
    this.#tokens = Math.max(this.#tokens - tokens, -this.#perSecond);
  }

  #earn(): void {
    const nowMs = this.#clock.monotonicMs();
    const earned = ((nowMs - this.#filledAtMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#tokens + earned, 2 * this.#perSecond);
    this.#filledAtMs = nowMs;
  }
}

/** Refused messages, less those that passed since, after which a client is taken for broken and disconnected. */
const REFUSED_MAX = 1_000;

/**
 * What one connection may send: messages beyond the rate are refused. One that keeps sending at more than twice the rate
 * is cut in the end; every message that passes makes up for one that was refused.
 */
export class MessageBudget {
  readonly #bucket: TokenBucket;
  #refused = 0;

  constructor(perSecond: number, clock: Clock) {
    this.#bucket = new TokenBucket(perSecond, clock);
  }

  /** Counts what a message that passed has cost as so many more. */
  charge(messages: number): void {
    this.#bucket.charge(messages);
  }

  spend(): "pass" | "refuse" | "disconnect" {
    if (this.#bucket.take()) {
      this.#refused = Math.max(0, this.#refused - 1);
      return "pass";
    }
    this.#refused++;
    return this.#refused > REFUSED_MAX ? "disconnect" : "refuse";
  }
}
