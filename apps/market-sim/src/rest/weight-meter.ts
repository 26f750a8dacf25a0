import type { Clock } from "@mirrorbook/kernel";

const MINUTE_MS = 60_000;

/** Adds up request weights per address and calendar minute, as Binance's REQUEST_WEIGHT limit does. */
export class WeightMeter {
  private readonly max: number;
  private readonly clock: Clock;
  private readonly used = new Map<string, number>();
  private minute = 0;

  constructor(max: number, clock: Clock) {
    this.max = max;
    this.clock = clock;
  }

  /** Books a request; `retryAfterSeconds` is above 0 when it went over the limit. */
  use(address: string, weight: number): { weight: number; retryAfterSeconds: number } {
    const nowMs = this.clock.nowMs();
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.minute) this.used.clear();
    this.minute = minute;
    const total = (this.used.get(address) ?? 0) + weight;
    this.used.set(address, total);
    const over = this.max > 0 && total > this.max;
    const restMs = (minute + 1) * MINUTE_MS - nowMs;
    return { weight: total, retryAfterSeconds: over ? Math.ceil(restMs / 1_000) : 0 };
  }
}
