/**
 * Ends subscriptions to rooms by invitation when their members leave or are removed: what happens in there is no longer
 * theirs to see. Who leaves still hears that it left.
 */
import type { Hub } from "@mirrorbook/fanout";
import { AppError } from "@mirrorbook/kernel";
import { type AnyEvent, type RoomEvents, rooms } from "@mirrorbook/protocol";
import type { RedisClient } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import type { Connections } from "../members/connections.ts";
import { roomSubscription } from "../members/subscription-plan.ts";
import type { SubscriptionDesk } from "../members/subscriptions.ts";
import { visibleRoom } from "./room-access.ts";

export interface RoomExitsOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly connections: Connections;
  readonly subscriptions: SubscriptionDesk;
  readonly log: Logger;
}

export class RoomExits {
  readonly #options: RoomExitsOptions;

  constructor(options: RoomExitsOptions) {
    this.#options = options;
  }

  /** Sees a room's events just before they are delivered. */
  onEvents(roomId: string, events: readonly AnyEvent[]): void {
    for (const [name, payload] of events) {
      if (name !== "room:member_left") continue;
      const { room, member } = payload as RoomEvents["room:member_left"];
      if (room.visibility === "public" || member === undefined) continue;
      if (member.userId !== room.ownerId) queueMicrotask(() => this.#end(member.userId, roomId));
    }
  }

  /** Looks at every subscription again: while Redis was away an exit may have gone unheard. */
  async checkAll(): Promise<void> {
    const { hub, log } = this.#options;
    for (const roomId of hub.tagsOf("room")) {
      try {
        await this.#check(roomId);
      } catch (error) {
        log.warn({ err: error, roomId }, "Who may see a room could not be looked at again");
      }
    }
  }

  async #check(roomId: string): Promise<void> {
    const { hub, redis } = this.#options;
    for (const { userId } of hub.membersIn(rooms.tradeRoom(roomId))) {
      if (userId === null) continue;
      const seen = await visibleRoom(redis, roomId, userId).catch(refused);
      if (seen === null) this.#end(userId, roomId);
      else if (seen.core.rules.visibility === "public") return;
    }
  }

  #end(userId: string, roomId: string): void {
    const { hub, connections, subscriptions } = this.#options;
    for (const { id } of hub.membersIn(rooms.user(userId))) {
      const connection = connections.get(id);
      if (connection !== undefined) subscriptions.revoke(connection, roomSubscription(roomId));
    }
  }
}

/** `null` where the answer is no. @throws what is not an answer. */
function refused(error: unknown): null {
  if (error instanceof AppError && ["FORBIDDEN", "UNKNOWN_ROOM"].includes(error.code)) return null;
  throw error;
}
