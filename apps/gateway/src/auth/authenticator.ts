import { AppError, type Clock } from "@mirrorbook/kernel";
import { isRevoked, type RedisClient } from "@mirrorbook/store";
import type { Identity } from "./identity.ts";
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
  readonly #remembered = new Map<string, Remembered>();

  constructor(tokens: Tokens, redis: RedisClient, clock: Clock) {
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
    if (remembered !== undefined && nowMs < remembered.untilMs) return remembered.identity;
    const identity = await this.#tokens.verify(token);
    if (await this.#isRevoked(identity)) {
      throw new AppError("SESSION_REVOKED", "This session was ended; log in again.");
    }
    const untilMs = Math.min(nowMs + REMEMBERED_FOR_MS, identity.expiresAtMs);
    this.#remember(token, { identity, untilMs });
    return identity;
  }

  /** Looks at every token anew, because a session was revoked somewhere. */
  forget(): void {
    this.#remembered.clear();
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
