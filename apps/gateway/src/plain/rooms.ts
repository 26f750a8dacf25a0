/** Document 004: `/ws/rooms`, and `/` on its own port. The first message authenticates. */
import type { Hub } from "@mirrorbook/fanout";
import { AppError } from "@mirrorbook/kernel";
import { SafeId, type Subscription } from "@mirrorbook/protocol";
import { z } from "zod";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Connection } from "../members/connection.ts";
import type { Connections } from "../members/connections.ts";
import { type SubscriptionDesk, throwFirst } from "../members/subscriptions.ts";
import { parse } from "../rest/route.ts";
import type { PlainMembers } from "./plain-members.ts";
import type { PlainRequest, Serve } from "./upgrades.ts";

/** Who does not say who it is within this time is disconnected. */
const AUTH_WITHIN_MS = 10_000;

const Room = z.object({ bullPenId: SafeId });
export const RoomsMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("auth"), data: z.object({ token: z.string().min(1).max(8_192) }) }),
  z.object({ type: z.literal("subscribe_room"), data: Room }),
  z.object({ type: z.literal("unsubscribe_room"), data: Room }),
]);
type RoomsMessage = z.infer<typeof RoomsMessage>;

export interface RoomsEndpointOptions {
  readonly members: PlainMembers;
  readonly hub: Hub;
  readonly desk: SubscriptionDesk;
  readonly connections: Connections;
  readonly authenticator: Authenticator;
}

export class RoomsEndpoint {
  readonly #options: RoomsEndpointOptions;

  constructor(options: RoomsEndpointOptions) {
    this.#options = options;
  }

  choose(request: PlainRequest): Serve | null {
    return request.path === "/ws/rooms" ? this.serve(request) : null;
  }

  serve(request: PlainRequest): Serve {
    const { members, hub } = this.#options;
    return (socket) => {
      const connection = members.add(socket, request, "rooms", (from, message) =>
        this.#take(from, parse(RoomsMessage, message)),
      );
      if (connection.identity !== null) return members.greet(connection, async () => {});
      const timer = setTimeout(() => {
        if (connection.identity === null) hub.disconnect(connection.member, "unauthorized");
      }, AUTH_WITHIN_MS);
      socket.once("close", () => clearTimeout(timer));
    };
  }

  async #take(connection: Connection, { type, data }: RoomsMessage): Promise<void> {
    if (type === "auth") return this.#authenticate(connection, data.token);
    if (connection.identity === null) {
      throw new AppError("UNAUTHORIZED", "Send auth with a token first.");
    }
    const { desk, hub } = this.#options;
    const { member } = connection;
    const subscription: Subscription = { channel: "room", roomId: data.bullPenId };
    await connection.inTurn(async () => {
      if (type === "subscribe_room") {
        // Before the join: the room's first message may be behind it.
        hub.update(member, { topics: new Set([...member.topics, data.bullPenId]) });
        try {
          await desk.subscribe(connection, [subscription], throwFirst);
        } catch (error) {
          this.#dropTopic(connection, data.bullPenId);
          throw error;
        }
      } else {
        desk.unsubscribe(connection, [subscription]);
        this.#dropTopic(connection, data.bullPenId);
      }
    });
  }

  /** Also of a room that could not be subscribed to, or a client that asks for ever more would be remembered for them. */
  #dropTopic({ member }: Connection, roomId: string): void {
    const topics = [...member.topics].filter((topic) => topic !== roomId);
    this.#options.hub.update(member, { topics: new Set(topics) });
  }

  /** In turn: of two messages that name two users, one must not overtake the other's checks. */
  async #authenticate(connection: Connection, token: string): Promise<void> {
    const { authenticator, connections, members } = this.#options;
    const isNew = await connection.inTurn(async () => {
      const identity = await authenticator.identify(token);
      if (connection.identity !== null) {
        if (connection.identity.userId === identity.userId) return false;
        throw new AppError("FORBIDDEN", "A connection belongs to one user.");
      }
      await connection.seat.confirm(identity.userId);
      connections.identify(connection, identity);
      return true;
    });
    if (isNew) members.greet(connection, async () => {});
  }
}
