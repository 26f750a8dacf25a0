import type { Member } from "@mirrorbook/fanout";
import type { Identity } from "../auth/identity.ts";
import type { Seat } from "../limits/connection-seats.ts";
import type { MessageBudget } from "../limits/token-bucket.ts";

/** One client's connection, whatever its transport: who it is, what it may send, what it has subscribed to. */
export class Connection {
  readonly member: Member;
  readonly seat: Seat;
  readonly budget: MessageBudget;
  identity: Identity | null;
  /** Rooms by the name of the subscription, e.g. "orderbook:BTCUSDT:20". */
  readonly subscriptions = new Map<string, readonly string[]>();
  #lastWork: Promise<unknown> = Promise.resolve();

  constructor(member: Member, seat: Seat, identity: Identity | null, budget: MessageBudget) {
    this.member = member;
    this.seat = seat;
    this.identity = identity;
    this.budget = budget;
  }

  /** Does what changes rooms one after another, so that `subscribe` and `unsubscribe` take effect as they were sent. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastWork.then(work);
    this.#lastWork = done.catch(() => {});
    return done;
  }
}
