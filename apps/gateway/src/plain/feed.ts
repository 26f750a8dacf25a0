/** Document 000 over plain WebSocket: `/ws/feed`. */
import {
  type SubscriptionDesk,
  type SubscriptionsAnswer,
  throwFirst,
} from "../members/subscriptions.ts";
import { parse } from "../rest/route.ts";
import { TypedMessage, takeTyped } from "../sockets/typed-messages.ts";
import type { PlainMembers } from "./plain-members.ts";
import type { PlainRequest, Serve } from "./upgrades.ts";

export class FeedEndpoint {
  readonly #members: PlainMembers;
  readonly #desk: SubscriptionDesk;

  constructor(members: PlainMembers, desk: SubscriptionDesk) {
    this.#members = members;
    this.#desk = desk;
  }

  choose(request: PlainRequest): Serve | null {
    if (request.path !== "/ws/feed") return null;
    return (socket) => {
      const connection = this.#members.add(socket, request, "typed", (from, message) =>
        takeTyped(this.#desk, from, parse(TypedMessage, message), (answer) =>
          throwFirst(answer as SubscriptionsAnswer),
        ),
      );
      this.#members.greet(connection, async () => {});
    };
  }
}
