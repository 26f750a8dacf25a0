import type { Clock } from "@mirrorbook/kernel";
import type { Revocation } from "@mirrorbook/store";
import type { Identity } from "./identity.ts";

/** Longer than a connection takes from the look at its token to its place among the sessions, Redis' time-outs included. */
const REMEMBERED_FOR_MS = 60_000;
/** Users; more are not remembered, and their connections are found by the next comparison with Redis. */
const USERS_MAX = 10_000;
/** Of one user; each takes a request. */
const PER_USER_MAX = 100;

interface Remembered {
  readonly revocations: Revocation[];
  untilMs: number;
}

/**
 * Revocations this node has heard of lately. Whoever looked a token up in Redis just before one came, and uses the answer
 * just after, asks here: between the two there is no hole.
 */
export class RecentRevocations {
  readonly #clock: Clock;
  /** By user, the one heard of last at the end. */
  readonly #byUser = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(revocation: Revocation): void {
    const { userId } = revocation;
    const nowMs = this.#clock.monotonicMs();
    this.#forgetOld(nowMs);
    const revocations = this.#byUser.get(userId)?.revocations ?? [];
    this.#byUser.delete(userId);
    if (revocations.length >= PER_USER_MAX) revocations.shift();
    revocations.push(revocation);
    this.#byUser.set(userId, { revocations, untilMs: nowMs + REMEMBERED_FOR_MS });
  }

  covers(identity: Identity): boolean {
    const remembered = this.#byUser.get(identity.userId);
    return remembered?.revocations.some((one) => coversSession(one, identity)) ?? false;
  }

  #forgetOld(nowMs: number): void {
    for (const [userId, { untilMs }] of this.#byUser) {
      if (untilMs > nowMs && this.#byUser.size < USERS_MAX) return;
      this.#byUser.delete(userId);
    }
  }
}

export function coversSession(revocation: Revocation, identity: Identity): boolean {
  if ("sessionId" in revocation) return revocation.sessionId === identity.tokenId;
  return identity.issuedAtMs < revocation.issuedBeforeMs;
}
