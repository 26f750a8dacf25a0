/** REST calls within Binance's limits: spaced by weight, silent for as long as Binance demands, refusals put in words. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@mirrorbook/kernel";
import {
  BLOCKED_HERE,
  type RestApi,
  type RestRefusal,
  type RestResult,
} from "./binance-library.ts";
import {
  ADDRESS_WEIGHT_PER_MINUTE,
  AddressWeight,
  depthWeight,
  EXCHANGE_INFO_WEIGHT,
  WeightBudget,
} from "./weight-budget.ts";

export type RestOutcome =
  | { readonly kind: "answer"; readonly body: unknown }
  | RestFailure
  /** The feed was stopped meanwhile. */
  | { readonly kind: "stopped" };

export interface RestFailure {
  readonly kind: "failed";
  readonly reason: string;
  /** Asking earlier is pointless or forbidden. */
  readonly retryAfterMs: number;
  readonly code: number | undefined;
}

const SECOND_MS = 1_000;
/** After 429 or 418 without Retry-After. */
const DEFAULT_BAN_MS = 60_000;
const LONGEST_BAN_MS = 3 * 86_400_000;
/** 451 and 403 do not go away by asking. */
const BLOCKED_RETRY_MS = 60_000;
const FAILED_RETRY_MS = 1_000;

/** Calls up to this weight have a budget of their own: whether a quiet market is stale must not wait for snapshots. */
const SMALL_WEIGHT = 20;
/**
 * Asked for when a deeper book has to wait: half a minute without any costs more than what lies below, which comes back with
 * the events that change it. A fifth of the weight of the deepest book.
 */
const SHORT_BOOK_LEVELS = 1_000;
/** Of what an address may use in a minute; beyond it only short books are asked for, sixty of which still fit in. */
const SHARE_FOR_FULL_BOOKS = 0.5;
/** Shares of what the feed may spend in a minute; together the whole. Snapshots come in bursts, small calls do not. */
const SHARES = {
  snapshots: { burst: 0.45, perMinute: 0.25 },
  small: { burst: 0.1, perMinute: 0.2 },
};

export class Rest {
  readonly #api: RestApi;
  readonly #smallCalls: WeightBudget;
  readonly #snapshots: WeightBudget;
  readonly #clock: Clock;
  readonly #address = new AddressWeight();
  readonly #stopped = new AbortController();
  /** Until when Binance told this address to keep still. */
  #pausedUntilMs = 0;

  constructor(api: RestApi, weightPerMinute: number, clock: Clock) {
    this.#api = api;
    const budget = ({ burst, perMinute }: { burst: number; perMinute: number }) =>
      new WeightBudget(burst * weightPerMinute, perMinute * weightPerMinute);
    this.#smallCalls = budget(SHARES.small);
    this.#snapshots = budget(SHARES.snapshots);
    this.#clock = clock;
  }

  /** A book of `limit` levels per side; of fewer where so many would have to wait for their weight. */
  depth(symbol: string, limit: number): Promise<RestOutcome> {
    const levels = this.#affords(depthWeight(limit)) ? limit : Math.min(limit, SHORT_BOOK_LEVELS);
    return this.#call(depthWeight(levels), () => this.#api.depth(symbol, levels));
  }

  exchangeInfo(symbols: readonly string[]): Promise<RestOutcome> {
    return this.#call(EXCHANGE_INFO_WEIGHT, () => this.#api.exchangeInfo(symbols));
  }

  stop(): void {
    this.#stopped.abort();
  }

  #affords(weight: number): boolean {
    const used = this.#address.used(this.#clock.nowMs());
    return (
      used + weight <= SHARE_FOR_FULL_BOOKS * ADDRESS_WEIGHT_PER_MINUTE &&
      this.#snapshots.affords(weight, this.#clock.monotonicMs())
    );
  }

  async #call(weight: number, request: () => Promise<RestResult>): Promise<RestOutcome> {
    const budget = weight <= SMALL_WEIGHT ? this.#smallCalls : this.#snapshots;
    await this.#wait(budget.take(weight, this.#clock.monotonicMs()));
    await this.#wait(this.#address.waitMs(weight, this.#clock.nowMs()));
    // Looked at last: another call may have been told to keep still while this one waited.
    await this.#wait(this.#pausedUntilMs - this.#clock.monotonicMs());
    if (this.#stopped.signal.aborted) return { kind: "stopped" };
    this.#address.spend(weight, this.#clock.nowMs());
    const result = await request();
    if (result.usedWeight !== undefined) {
      this.#address.report(result.usedWeight, this.#clock.nowMs());
    }
    if (this.#stopped.signal.aborted) return { kind: "stopped" };
    if (result.kind === "answer") return result;
    const failure = describeRefusal(result);
    if (isBan(result)) {
      const untilMs = this.#clock.monotonicMs() + failure.retryAfterMs;
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
    }
    return failure;
  }

  async #wait(forMs: number): Promise<void> {
    if (forMs <= 0 || this.#stopped.signal.aborted) return;
    // Rejects only when stopped, which the caller looks at next.
    await sleep(forMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}

/** 429: too many requests; 418: went on after a 429 and is banned for a while. */
function isBan({ status }: RestRefusal): boolean {
  return status === 429 || status === 418;
}

/** Puts a refusal in words for people and says when to ask again. */
export function describeRefusal(refusal: RestRefusal): RestFailure {
  const { status, code, message } = refusal;
  if (status === 451) {
    return {
      kind: "failed",
      code,
      reason: BLOCKED_HERE,
      retryAfterMs: retryAfterMs(refusal, BLOCKED_RETRY_MS),
    };
  }
  if (isBan(refusal)) {
    const waitMs = retryAfterMs(refusal, DEFAULT_BAN_MS);
    const what = status === 418 ? "this address is banned" : "too many requests";
    const reason = `HTTP ${status}: ${what}; Binance asks to wait ${Math.ceil(waitMs / SECOND_MS)} s`;
    return { kind: "failed", code, reason, retryAfterMs: waitMs };
  }
  const reason = status === undefined ? message : `HTTP ${status}: ${message}`;
  const fallbackMs = status === 403 ? BLOCKED_RETRY_MS : FAILED_RETRY_MS;
  return { kind: "failed", code, reason, retryAfterMs: retryAfterMs(refusal, fallbackMs) };
}

function retryAfterMs({ retryAfter }: RestRefusal, fallbackMs: number): number {
  const seconds = Number(retryAfter);
  if (retryAfter === undefined || !Number.isFinite(seconds) || seconds <= 0) return fallbackMs;
  return Math.min(seconds * SECOND_MS, LONGEST_BAN_MS);
}
