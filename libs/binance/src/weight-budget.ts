const MINUTE_MS = 60_000;
/** What may be spent at once, as a share of a minute's weight: enough to start, too little to break the limit. */
const BURST_SHARE = 0.5;

/** Weight of `GET /api/v3/depth` by limit. Source: Binance Spot, REST, "Order book". */
export function depthWeight(limit: number): number {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  if (limit <= 1000) return 50;
  return 250;
}

export const EXCHANGE_INFO_WEIGHT = 20;

/** Spaces REST calls so that their weight stays within a limit per minute (a leaky bucket). Reads no clock. */
export class WeightBudget {
  readonly #perMs: number;
  readonly #burst: number;
  #available: number;
  #atMs = 0;
  #pausedUntilMs = 0;

  constructor(weightPerMinute: number) {
    this.#perMs = weightPerMinute / MINUTE_MS;
    this.#burst = weightPerMinute * BURST_SHARE;
    this.#available = this.#burst;
  }

  /** Takes `weight` and returns for how many milliseconds the caller must wait before using it. */
  take(weight: number, nowMs: number): number {
    const refill = Math.max(0, nowMs - this.#atMs) * this.#perMs;
    this.#available = Math.min(this.#burst, this.#available + refill) - weight;
    this.#atMs = nowMs;
    const debtMs = this.#available >= 0 ? 0 : -this.#available / this.#perMs;
    return Math.max(debtMs, this.pausedForMs(nowMs));
  }

  /** How long Binance told us to keep still from now. */
  pausedForMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  pause(forMs: number, nowMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + forMs);
  }
}
