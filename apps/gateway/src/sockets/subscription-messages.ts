import type { Hub } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import {
  BOOK_DEPTHS,
  PingLatency,
  Resume,
  rooms,
  Subscribe,
  type Subscription,
} from "@mirrorbook/protocol";
import { z } from "zod";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { Connection } from "../members/connection.ts";
import { reopenRoom } from "../members/open-room.ts";
import { snapshotMessages } from "../members/subscription-plan.ts";
import type { SubscriptionDesk } from "../members/subscriptions.ts";
import { type Acknowledge, type MessageSpec, openMessage, userMessage } from "./messages.ts";

export interface SubscriptionMessagesOptions {
  readonly hub: Hub;
  readonly desk: SubscriptionDesk;
  readonly markets: MarketDirectory;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Events of the log that are sent once more count as a message by so many. */
const EVENTS_PER_MESSAGE = 50;

export const ResyncBook = z.strictObject({
  pair: z.string().min(1).max(32),
  depth: z.literal(BOOK_DEPTHS).default(20),
});

/** What a client can hear, and catching up with it. */
export function subscriptionMessages(options: SubscriptionMessagesOptions): MessageSpec[] {
  const { hub, desk, markets, clock, log } = options;
  const subscribe = (
    connection: Connection,
    wanted: readonly Subscription[],
    acknowledge: Acknowledge,
  ) => connection.inTurn(() => desk.subscribe(connection, wanted, acknowledge));
  const unsubscribe = (connection: Connection, unwanted: readonly Subscription[]) =>
    connection.inTurn(async () => desk.unsubscribe(connection, unwanted));
  return [
    openMessage(
      "subscribe",
      "Subscribes to one channel or several.",
      Subscribe,
      (connection, wanted, acknowledge) => subscribe(connection, [wanted].flat(), acknowledge),
    ),
    openMessage("unsubscribe", "Ends subscriptions.", Subscribe, (connection, unwanted) =>
      unsubscribe(connection, [unwanted].flat()),
    ),
    openMessage(
      "book:resync",
      "Asks for a fresh snapshot of a subscribed book.",
      ResyncBook,
      (connection, { pair, depth }) =>
        connection.inTurn(async () => {
          const room = rooms.book(markets.resolve(pair), depth);
          connection.budget.charge(snapshotMessages(depth));
          const isSubscribed = [...connection.member.rooms()].includes(room);
          if (isSubscribed) await reopenRoom(hub, connection.member, room, undefined, log);
          return { ok: true, value: { subscribed: isSubscribed } };
        }),
    ),
    userMessage(
      "resume",
      "Asks for the user's events after a number once more.",
      Resume,
      (connection, { since }) =>
        connection.inTurn(async () => {
          const room = rooms.user(connection.identity.userId);
          const opened = await reopenRoom(hub, connection.member, room, since, log);
          if (opened.kind === "live") {
            connection.budget.charge(opened.recovered / EVENTS_PER_MESSAGE);
          }
          return { ok: true, value: opened };
        }),
    ),
    openMessage(
      "ping:latency",
      "Tells the server's time.",
      PingLatency,
      (_connection, { sentAt = null }) => ({
        ok: true,
        value: { sentAt, serverTime: new Date(clock.nowMs()).toISOString() },
      }),
    ),
  ];
}
