import { AppError, type Clock } from "@mirrorbook/kernel";
import {
  type RedisClient,
  type Revocation,
  type RoomPackets,
  revokeSessions,
} from "@mirrorbook/store";
import type { Identity } from "./identity.ts";

/** Ends sessions on all nodes: tokens already out are refused from now on, their connections cut. */
export class SessionEnds {
  readonly #redis: RedisClient;
  readonly #packets: RoomPackets;
  readonly #clock: Clock;
  readonly #tokenLifetimeMs: number;

  /** `tokenLifetimeMs`: for so long a token that exists now can still be valid. */
  constructor(redis: RedisClient, packets: RoomPackets, clock: Clock, tokenLifetimeMs: number) {
    this.#redis = redis;
    this.#packets = packets;
    this.#clock = clock;
    this.#tokenLifetimeMs = tokenLifetimeMs;
  }

  async logOut({ userId, tokenId }: Identity, everywhere: boolean): Promise<void> {
    if (everywhere || tokenId === null) await this.endAll(userId, "logged out everywhere");
    else await this.endOne(userId, tokenId, "logged out");
  }

  async endOne(userId: string, tokenId: string, reason: string): Promise<void> {
    await this.#revoke({ userId, sessionId: tokenId, reason });
  }

  async endAll(userId: string, reason: string): Promise<void> {
    await this.#revoke({ userId, issuedBeforeMs: this.#clock.nowMs(), reason });
  }

  async #revoke(revocation: Revocation): Promise<void> {
    try {
      await revokeSessions(this.#redis, this.#packets, revocation, this.#tokenLifetimeMs);
    } catch (cause) {
      throw new AppError("UNAVAILABLE", "The session could not be ended now; try again.", {
        cause,
      });
    }
  }
}
