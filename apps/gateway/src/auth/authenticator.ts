import { AppError, type Clock } from "@mirrorbook/kernel";
import { isRevoked, type RedisClient } from "@mirrorbook/store";
import type { Identity } from "./identity.ts";
import type { RecentRevocations } from "./recent-revocations.ts";
import type { Tokens } from "./tokens.ts";

/** How long a token found good is not looked at again; a revocation that we hear of ends this at once. */
const REMEMBERED_FOR_MS = 5_000;
const REMEMBERED_MAX = 10_000;

interface Remembered {
  readonly identity: Identity;
  readonly untilMs: number;
}

/** Turns tokens into identities, and remembers the answer for a moment. */
export class Authenticator {
  readonly #tokens: Tokens;
  readonly #redis: RedisClient;
  readonly #clock: Clock;
  readonly #recent: RecentRevocations;
  readonly #remembered = new Map<string, Remembered>();

  constructor(tokens: Tokens, redis: RedisClient, clock: Clock, recent: RecentRevocations) {
    this.#recent = recent;
    this.#tokens = tokens;
    this.#redis = redis;
    this.#clock = clock;
  }

  /**
   * @throws {AppError} UNAUTHORIZED, SESSION_REVOKED, or UNAVAILABLE when the revocations cannot be read: nobody is let
   * in unchecked.
   */
  async identify(token: string): Promise<Identity> {
    const nowMs = this.#clock.nowMs();
    const remembered = this.#remembered.get(token);
    const isFresh = remembered !== undefined && nowMs < remembered.untilMs;
    const identity = isFresh ? remembered.identity : await this.#tokens.verify(token);
    // The revocations heard of are asked last: one may come while Redis is answering.
    if ((!isFresh && (await this.#isRevoked(identity))) || this.#recent.covers(identity)) {
      throw new AppError("SESSION_REVOKED", "This session was ended; log in again.");
    }
    if (isFresh) return identity;
    const untilMs = Math.min(nowMs + REMEMBERED_FOR_MS, identity.expiresAtMs);
    this.#remember(token, { identity, untilMs });
    return identity;
  }

  async #isRevoked({ userId, tokenId, issuedAtMs }: Identity): Promise<boolean> {
    try {
      return await isRevoked(this.#redis, { userId, sessionId: tokenId ?? "none", issuedAtMs });
    } catch (cause) {
      throw new AppError("UNAVAILABLE", "Sessions cannot be checked now; try again.", { cause });
    }
  }

  #remember(token: string, entry: Remembered): void {
    this.#remembered.set(token, entry);
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}
