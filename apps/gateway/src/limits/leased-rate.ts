import { type Clock, systemClock } from "@mirrorbook/kernel";

/** Keys whose leases are remembered; forgetting one costs a round trip and the rest of its lease. */
const LEASES_MAX = 50_000;
/** A node takes at most this share of a limit at a time, so that several nodes can use it up together. */
const SHARES_MIN = 10;

/** Takes `points` of what `key` has left, for all nodes; tells how long the present window lasts. Rejects a refusal. */
export type TakePoints = (
  key: string,
  points: number,
) => Promise<{ readonly msBeforeNext: number }>;

interface Lease {
  left: number;
  untilMs: number;
  refilling: Promise<void> | null;
}

/**
 * A rate counted elsewhere, of which this node takes a share at a time: never more than the limit passes over all nodes, and
 * only every tenth use costs a round trip. What a node took and did not use is lost when the window ends.
 */
export class LeasedRate {
  readonly #take: TakePoints;
  readonly #share: number;
  readonly #clock: Clock;
  readonly #leases = new Map<string, Lease>();

  constructor(take: TakePoints, points: number, clock: Clock = systemClock) {
    this.#take = take;
    this.#share = shareOf(points);
    this.#clock = clock;
  }

  /** Uses one point. @throws what `take` rejects with when none is left. */
  async use(key: string): Promise<void> {
    const lease = this.#leaseOf(key);
    while (lease.left === 0 || this.#clock.monotonicMs() >= lease.untilMs) {
      lease.refilling ??= this.#refill(key, lease);
      await lease.refilling;
    }
    lease.left -= 1;
  }

  async #refill(key: string, lease: Lease): Promise<void> {
    try {
      const { msBeforeNext } = await this.#take(key, this.#share);
      lease.left = this.#share;
      lease.untilMs = this.#clock.monotonicMs() + msBeforeNext;
    } finally {
      lease.refilling = null;
    }
  }

  #leaseOf(key: string): Lease {
    const known = this.#leases.get(key);
    if (known !== undefined) return known;
    const lease: Lease = { left: 0, untilMs: 0, refilling: null };
    this.#leases.set(key, lease);
    if (this.#leases.size > LEASES_MAX) this.#leases.delete(this.#leases.keys().next().value!);
    return lease;
  }
}

/** The largest share of at most a tenth that divides the limit, so that no rest is left which nobody may take. */
function shareOf(points: number): number {
  let share = Math.max(1, Math.floor(points / SHARES_MIN));
  while (points % share !== 0) share -= 1;
  return share;
}
