/**
 * Rates that hold over all gateways, counted in Redis. While Redis is away each gateway counts for itself, so a limit
 * never becomes a reason to be unavailable, nor unavailability a way around it.
 */
import { AppError } from "@mirrorbook/kernel";
import type { RedisClient } from "@mirrorbook/store";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { limitedAddress } from "./address.ts";
import { LeasedRate } from "./leased-rate.ts";

/** A name may be tried this many times as often as an address may try: one machine cannot lock a user out. */
const NAMED_ATTEMPTS_FACTOR = 5;

export interface RateSettings {
  readonly ordersPerSecond: number;
  readonly requestsPerSecond: number;
  readonly authAttemptsPerMinute: number;
  readonly guestsPerMinute: number;
}

export class RateLimits {
  readonly #orders: LeasedRate;
  readonly #authAttempts: RateLimiterRedis;
  readonly #namedAttempts: RateLimiterRedis;
  readonly #guests: RateLimiterRedis;
  /** Reads are cheap and many: counted on this node only, without a round trip. */
  readonly #requests: RateLimiterMemory;

  constructor(redis: RedisClient, settings: RateSettings) {
    const shared = (keyPrefix: string, points: number, duration: number) =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix,
        points,
        duration,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
      });
    const orders = shared("limit:orders", settings.ordersPerSecond, 1);
    this.#orders = new LeasedRate(
      (userId, points) => orders.consume(userId, points),
      settings.ordersPerSecond,
    );
    this.#authAttempts = shared("limit:auth", settings.authAttemptsPerMinute, 60);
    this.#namedAttempts = shared(
      "limit:logins",
      NAMED_ATTEMPTS_FACTOR * settings.authAttemptsPerMinute,
      60,
    );
    this.#guests = shared("limit:guests", settings.guestsPerMinute, 60);
    this.#requests = new RateLimiterMemory({ points: settings.requestsPerSecond, duration: 1 });
  }

  /** @throws {AppError} RATE_LIMITED. */
  async order(userId: string): Promise<void> {
    await passing(this.#orders.use(userId), "Too many orders in a second.");
  }

  /** Counts by address and by name, so that neither one machine nor one name can be tried without end. */
  async authAttempt(address: string, name: string | null): Promise<void> {
    const message = "Too many attempts; wait a minute.";
    await consume(this.#authAttempts, limitedAddress(address), message);
    if (name !== null) await consume(this.#namedAttempts, name.toLowerCase(), message);
  }

  /** Each guest costs an account, though no hashing. */
  async guest(address: string): Promise<void> {
    await consume(this.#guests, limitedAddress(address), "Too many new guests; wait a minute.");
  }

  async request(address: string): Promise<void> {
    await consume(this.#requests, limitedAddress(address), "Too many requests in a second.");
  }
}

async function consume(
  limiter: RateLimiterRedis | RateLimiterMemory,
  key: string,
  message: string,
): Promise<void> {
  await passing(limiter.consume(key), message);
}

/** @throws {AppError} RATE_LIMITED in place of the limiter's own refusal. */
async function passing(use: Promise<unknown>, message: string): Promise<void> {
  try {
    await use;
  } catch (cause) {
    if (!(cause instanceof RateLimiterRes)) throw cause;
    const details = { retryAfterMs: String(Math.ceil(cause.msBeforeNext)) };
    throw new AppError("RATE_LIMITED", message, { details });
  }
}
