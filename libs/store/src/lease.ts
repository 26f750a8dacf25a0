/**
 * The leader's lease: a key with a TTL, and the holder's own monotonic clock.
 *
 * The key chooses who works. What keeps a deposed holder from doing harm is not the key but the fences: every write of
 * a leader names the state it builds on (`commit-outcome.lua`, `write-fenced.lua`, `publish-events.lua`).
 */
import { type Clock, systemClock } from "@mirrorbook/kernel";
import { keys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { runScript } from "./scripts.ts";

export const LEASE_TTL_MS = 1_500;
/** The holder stops this much before the key can be gone, for a clock that runs a little slow. */
export const LEASE_MARGIN_MS = 200;

export interface LeaseHolder {
  readonly node: string;
  readonly epoch: number;
}

export interface LeaseOptions {
  readonly node: string;
  readonly ttlMs?: number;
  readonly clock?: Clock;
}

/** One held lease. Whoever holds it renews it and asks `held()` before each batch. */
export class Lease {
  /** Greater than that of every lease before. */
  readonly epoch: number;
  readonly #redis: RedisClient;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  #heldUntilMs: number;

  private constructor(
    redis: RedisClient,
    clock: Clock,
    ttlMs: number,
    epoch: number,
    askedAtMs: number,
  ) {
    this.epoch = epoch;
    this.#redis = redis;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#heldUntilMs = this.#until(askedAtMs);
  }

  /** Takes the lease if nobody holds it; `null` when another does. @throws when Redis does not answer. */
  static async acquire(
    redis: RedisClient,
    { node, ttlMs = LEASE_TTL_MS, clock = systemClock }: LeaseOptions,
  ): Promise<Lease | null> {
    const askedAtMs = clock.monotonicMs();
    const reply = await runScript(redis, "acquire-lease", keys.lease, keys.leaseEpoch, node, ttlMs);
    const [taken, epoch] = reply as [number, number];
    return taken === 1 ? new Lease(redis, clock, ttlMs, epoch, askedAtMs) : null;
  }

  /** False as soon as the key could have expired, by the holder's own clock. */
  held(): boolean {
    return this.#clock.monotonicMs() < this.#heldUntilMs;
  }

  /** Keeps the lease for another TTL; false when it is lost for good. @throws when Redis does not answer. */
  async renew(): Promise<boolean> {
    const askedAtMs = this.#clock.monotonicMs();
    const kept = await runScript(this.#redis, "renew-lease", keys.lease, this.epoch, this.#ttlMs);
    // A late reply of an older request must not shorten what a newer one has won.
    if (kept === 1) this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#until(askedAtMs));
    else this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    return kept === 1;
  }

  /** Gives the lease back; from now on `held()` is false. @throws when Redis does not answer (the TTL does it then). */
  async release(): Promise<void> {
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    await runScript(this.#redis, "release-lease", keys.lease, this.epoch);
  }

  #until(askedAtMs: number): number {
    // Counted from before the request left: the key's TTL starts later.
    return askedAtMs + this.#ttlMs - Math.min(LEASE_MARGIN_MS, this.#ttlMs / 4);
  }
}

/** Who leads now; `null` when nobody does. */
export async function readLeaseHolder(redis: RedisClient): Promise<LeaseHolder | null> {
  const text = await redis.get(keys.lease);
  return text === null ? null : (JSON.parse(text) as LeaseHolder);
}
