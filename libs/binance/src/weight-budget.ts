const MINUTE_MS = 60_000;

/** Weight of `GET /api/v3/depth` by limit. Source: Binance Spot, REST, "Order book". */
export function depthWeight(limit: number): number {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  if (limit <= 1000) return 50;
  return 250;
}

export const EXCHANGE_INFO_WEIGHT = 20;

/** Spaces REST calls: `burst` at once, then `perMinute`; so never more than their sum in any minute. Reads no clock. */
export class WeightBudget {
  readonly #burst: number;
  readonly #perMs: number;
  #available: number;
  #atMs = 0;

  constructor(burst: number, perMinute: number) {
    this.#burst = burst;
    this.#perMs = perMinute / MINUTE_MS;
    this.#available = burst;
  }

  /** Whether `weight` could be used at once. */
  affords(weight: number, nowMs: number): boolean {
    return this.#availableAt(nowMs) >= weight;
  }

  /** Takes `weight` and returns for how many milliseconds the caller must wait before using it. */
  take(weight: number, nowMs: number): number {
    this.#available = this.#availableAt(nowMs) - weight;
    this.#atMs = nowMs;
    return this.#available >= 0 ? 0 : -this.#available / this.#perMs;
  }

  #availableAt(nowMs: number): number {
    const refill = Math.max(0, nowMs - this.#atMs) * this.#perMs;
    return Math.min(this.#burst, this.#available + refill);
  }
}
