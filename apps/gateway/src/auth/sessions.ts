import type { Clock } from "@mirrorbook/kernel";
import type { Revocation } from "@mirrorbook/store";
import type { Identity } from "./identity.ts";
import { coversSession, type RecentRevocations } from "./recent-revocations.ts";

const SWEEP_EVERY_MS = 1_000;

/** Why a session ended before its client left. */
export type SessionEnd = "expired" | "revoked";

/** An authenticated connection, as far as its right to exist is concerned. */
export interface LiveSession {
  readonly identity: Identity;
  end(reason: SessionEnd): void;
}

/** Owns the authenticated connections of this node, and ends those whose token has expired or was revoked. */
export class Sessions {
  readonly #clock: Clock;
  readonly #recent: RecentRevocations;
  readonly #byUser = new Map<string, Set<LiveSession>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(clock: Clock, recent: RecentRevocations) {
    this.#clock = clock;
    this.#recent = recent;
    this.#sweep = setInterval(() => this.#endExpired(), SWEEP_EVERY_MS);
  }

  get userCount(): number {
    return this.#byUser.size;
  }

  *all(): Generator<LiveSession> {
    for (const sessions of this.#byUser.values()) yield* sessions;
  }

  countOf(userId: string): number {
    return this.#byUser.get(userId)?.size ?? 0;
  }

  /** Watches over a connection until the returned function is called. One revoked on its way here ends at once. */
  add(session: LiveSession): () => void {
    const { userId } = session.identity;
    const sessions = this.#byUser.get(userId) ?? new Set();
    this.#byUser.set(userId, sessions.add(session));
    if (this.#recent.covers(session.identity)) session.end("revoked");
    return () => {
      sessions.delete(session);
      if (sessions.size === 0 && this.#byUser.get(userId) === sessions) this.#byUser.delete(userId);
    };
  }

  revoke(revocation: Revocation): void {
    for (const session of [...(this.#byUser.get(revocation.userId) ?? [])]) {
      if (coversSession(revocation, session.identity)) session.end("revoked");
    }
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  #endExpired(): void {
    const nowMs = this.#clock.nowMs();
    for (const sessions of this.#byUser.values()) {
      for (const session of [...sessions]) {
        if (session.identity.expiresAtMs <= nowMs) session.end("expired");
      }
    }
  }
}
