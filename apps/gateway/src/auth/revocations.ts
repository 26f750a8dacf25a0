import { rooms } from "@mirrorbook/protocol";
import {
  isRevoked,
  listenToRoom,
  type RedisClient,
  type RoomListener,
  type RoomPackets,
  revocationIn,
} from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import type { RecentRevocations } from "./recent-revocations.ts";
import type { LiveSession, Sessions } from "./sessions.ts";

/** Publications can be missed: live sessions are compared with the stored revocations this often. */
const CHECK_EVERY_MS = 30_000;
const SESSIONS_AT_ONCE = 200;

export interface RevocationsOptions {
  readonly redis: RedisClient;
  readonly subscriber: RedisClient;
  readonly packets: RoomPackets;
  readonly sessions: Sessions;
  readonly recent: RecentRevocations;
  readonly log: Logger;
}

/** Ends the local connections of sessions that were revoked on any node. */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #onReady = () => void this.#check();
  #listener: RoomListener | null = null;

  private constructor(options: RevocationsOptions) {
    this.#options = options;
    this.#timer = setInterval(this.#onReady, CHECK_EVERY_MS);
    options.subscriber.on("ready", this.#onReady);
  }

  /** Settles when revocations arrive. */
  static async listen(options: RevocationsOptions): Promise<Revocations> {
    const revocations = new Revocations(options);
    const { subscriber, packets, sessions, recent } = options;
    revocations.#listener = await listenToRoom(subscriber, packets, rooms.control(), (event) => {
      const revocation = revocationIn(event);
      if (revocation === null) return;
      recent.note(revocation);
      sessions.revoke(revocation);
    });
    return revocations;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.subscriber.off("ready", this.#onReady);
    this.#listener?.close();
  }

  async #check(): Promise<void> {
    const { sessions, log } = this.#options;
    try {
      const live = [...sessions.all()];
      for (let start = 0; start < live.length; start += SESSIONS_AT_ONCE) {
        await Promise.all(live.slice(start, start + SESSIONS_AT_ONCE).map((s) => this.#look(s)));
      }
    } catch (error) {
      log.debug({ err: error }, "Revocations could not be read; looking again later");
    }
  }

  async #look(session: LiveSession): Promise<void> {
    const { userId, tokenId, issuedAtMs } = session.identity;
    const asked = { userId, sessionId: tokenId ?? "none", issuedAtMs };
    if (await isRevoked(this.#options.redis, asked)) session.end("revoked");
  }
}
