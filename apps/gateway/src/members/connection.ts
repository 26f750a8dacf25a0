import type { Member } from "@mirrorbook/fanout";
import { AppError } from "@mirrorbook/kernel";
import type { Identity } from "../auth/identity.ts";
import type { Seat } from "../limits/connection-seats.ts";
import type { MessageBudget } from "../limits/token-bucket.ts";

/** More than a client may send at once (`MESSAGES_PER_SECOND_MAX`, twice), so that only a standstill reaches it. */
const TURNS_WAITING_MAX = 256;

/** One client's connection, whatever its transport: who it is, what it may send, what it has subscribed to. */
export class Connection {
  readonly member: Member;
  readonly seat: Seat;
  readonly budget: MessageBudget;
  readonly connectedAtMs: number;
  identity: Identity | null;
  /** Rooms by the name of the subscription, e.g. "orderbook:BTCUSDT:20". */
  readonly subscriptions = new Map<string, readonly string[]>();
  #lastWork: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(
    member: Member,
    seat: Seat,
    identity: Identity | null,
    budget: MessageBudget,
    connectedAtMs: number,
  ) {
    this.member = member;
    this.seat = seat;
    this.identity = identity;
    this.budget = budget;
    this.connectedAtMs = connectedAtMs;
  }

  /**
   * Does what changes rooms one after another, so that `subscribe` and `unsubscribe` take effect as they were sent.
   *
   * @throws {AppError} RATE_LIMITED when too much waits already, as while Redis does not answer.
   */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= TURNS_WAITING_MAX) {
      throw new AppError("RATE_LIMITED", "Too many messages of this connection are still waiting.");
    }
    this.#waiting++;
    const done = this.#lastWork.then(work).finally(() => this.#waiting--);
    this.#lastWork = done.catch(() => {});
    return done;
  }
}
