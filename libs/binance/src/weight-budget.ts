const MINUTE_MS = 60_000;

/** Weight of `GET /api/v3/depth` by limit. Source: Binance Spot, REST, "Order book". */
export function depthWeight(limit: number): number {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  if (limit <= 1000) return 50;
  return 250;
}

export const EXCHANGE_INFO_WEIGHT = 20;

/** What Binance allows an address, in weight per calendar minute. Source: REQUEST_WEIGHT of `exchangeInfo`. */
export const ADDRESS_WEIGHT_PER_MINUTE = 6_000;

/** By so much Binance's minute may begin later than ours. */
const CLOCKS_APART_MS = 300;

/**
 * What an address has used of the minute, by Binance's own word. A process that only counts its own calls does not see the
 * standby beside it, nor what it used itself before it was restarted; going over is answered by 429, going on by a ban.
 */
export class AddressWeight {
  #minute = 0;
  #used = 0;

  /** Used in the present minute. */
  used(nowMs: number): number {
    return minuteOf(nowMs) === this.#minute ? this.#used : 0;
  }

  /** A call of this weight is about to be made. */
  spend(weight: number, nowMs: number): void {
    this.report(this.used(nowMs) + weight, nowMs);
  }

  /** Binance says that so much is used. Answers may overtake each other: within a minute it only grows. */
  report(used: number, nowMs: number): void {
    this.#used = Math.max(used, this.used(nowMs));
    this.#minute = minuteOf(nowMs);
  }

  /** Milliseconds until `weight` fits in: 0, or the rest of the minute and a little more. */
  waitMs(weight: number, nowMs: number): number {
    const fits = this.used(nowMs) + weight <= ADDRESS_WEIGHT_PER_MINUTE;
    return fits ? 0 : (minuteOf(nowMs) + 1) * MINUTE_MS + CLOCKS_APART_MS - nowMs;
  }
}

const minuteOf = (nowMs: number) => Math.floor(nowMs / MINUTE_MS);

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
