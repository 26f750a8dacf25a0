/**
 * Looks after what members were sent (ARCHITECTURE, section 7): a publication that a broken subscription swallowed is
 * found by comparing numbers with the log, and delivered from there. Members need do nothing.
 */
import type { Hub } from "@mirrorbook/fanout";
import { rooms } from "@mirrorbook/protocol";
import { lastSeqs, type RedisClient } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";

/** Users whose numbers are asked for in one round trip. */
const USERS_AT_ONCE = 1_000;

export class PositionCheck {
  readonly #hub: Hub;
  readonly #redis: RedisClient;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #repairs = 0;

  constructor(hub: Hub, redis: RedisClient, everyMs: number, log: Logger) {
    this.#hub = hub;
    this.#redis = redis;
    this.#log = log;
    this.#timer = setInterval(() => void this.checkUsers(), everyMs);
  }

  /** Users whose events had to be read from the log, so far. An event on its way counts too. */
  get repairs(): number {
    return this.#repairs;
  }

  /** Compares every local user's position with the log. */
  checkUsers(): Promise<void> {
    this.#running ??= this.#compare()
      .catch((error: unknown) => this.#log.warn({ err: error }, "Positions could not be compared"))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  /** After a broken subscription: positions of users, and a fresh view of every book and market. */
  async checkAll(): Promise<void> {
    const joined = new Set<string>();
    for (const member of this.#hub.members()) for (const room of member.rooms()) joined.add(room);
    for (const room of joined) this.#hub.repair(room);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #compare(): Promise<void> {
    const positions = this.#hub.positions();
    for (let start = 0; start < positions.length; start += USERS_AT_ONCE) {
      const some = positions.slice(start, start + USERS_AT_ONCE);
      const logged = await lastSeqs(
        this.#redis,
        some.map(({ userId }) => userId),
      );
      for (const [i, { userId, seq }] of some.entries()) {
        if (logged[i]! <= seq) continue;
        this.#repairs++;
        this.#hub.repair(rooms.user(userId));
      }
    }
  }
}
