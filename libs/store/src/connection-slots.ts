/**
 * Counts of open connections that hold over all gateways: by user, by address, by whatever key a gateway names.
 *
 * 1. Each gateway publishes its own counts under a lease. One that dies loses the lease, and its connections with it,
 *    after `leaseMs`; nothing is left behind in Redis.
 * 2. Taking a slot is one script: two gateways never take the last one both.
 * 3. A gateway writes counts, not changes. What it says twice, or says again after it was cut off, is right.
 */
import { keys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { runScript } from "./scripts.ts";

/** A key's open connections on one node. */
export interface SlotCount {
  readonly key: string;
  readonly count: number;
}

export interface WantedSlot extends SlotCount {
  /** Most connections of this key on all nodes together. */
  readonly max: number;
}

export type SlotsTaken =
  | { readonly kind: "taken" }
  | { readonly kind: "full"; readonly key: string }
  /** The node has no lease: it must publish its counts, and may ask again. */
  | { readonly kind: "unleased" };

const ANY_NUMBER = -1;

/** The counts of one node in Redis. Every method @throws when Redis does not answer. */
export class PublishedSlots {
  readonly #redis: RedisClient;
  readonly #node: string;
  readonly #leaseMs: number;

  constructor(redis: RedisClient, node: string, leaseMs: number) {
    this.#redis = redis;
    this.#node = node;
    this.#leaseMs = leaseMs;
  }

  /** Takes all of `wanted` or none. A count includes the connection that asks. */
  async take(wanted: readonly WantedSlot[]): Promise<SlotsTaken> {
    const place = await this.#write(wanted);
    if (place === 0) return { kind: "taken" };
    if (place < 0) return { kind: "unleased" };
    return { kind: "full", key: wanted[place - 1]!.key };
  }

  /** Tells of counts that have fallen. Without a lease nothing happens, for nothing is known to be wrong. */
  async release(counts: readonly SlotCount[]): Promise<void> {
    await this.#write(counts.map((slot) => ({ ...slot, max: ANY_NUMBER })));
  }

  /** Keeps the lease; `false` when it had ended and everything must be published. */
  async renew(): Promise<boolean> {
    return (await runScript(this.#redis, "renew-slots", ...this.#keys(), this.#leaseMs)) === 1;
  }

  /** Starts the lease with these counts, in place of all that was there. */
  async publish(counts: Iterable<SlotCount>): Promise<void> {
    const fields = Array.from(counts, ({ key, count }) => [key, count]).flat();
    await runScript(this.#redis, "publish-slots", ...this.#keys(), this.#leaseMs, ...fields);
  }

  /** Ends the lease at once: all its connections are gone. */
  async withdraw(): Promise<void> {
    await this.#redis.del(keys.connectionsOf(this.#node));
  }

  async #write(slots: readonly WantedSlot[]): Promise<number> {
    const fields = slots.flatMap(({ key, count, max }) => [key, count, max]);
    return Number(await runScript(this.#redis, "take-slots", ...this.#keys(), ...fields));
  }

  /** KEYS and the first of ARGV, the same for all three scripts. */
  #keys(): [string, string, string] {
    return [keys.connections, keys.connectionsOf(this.#node), this.#node];
  }
}
