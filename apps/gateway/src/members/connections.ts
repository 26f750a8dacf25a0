import type { Hub, Member } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import { type DisconnectCode, rooms } from "@mirrorbook/protocol";
import { lastSeqs, type RedisClient, USER_EVENTS_RETENTION } from "@mirrorbook/store";
import type { Identity } from "../auth/identity.ts";
import type { SessionEnd, Sessions } from "../auth/sessions.ts";
import type { Seat } from "../limits/connection-seats.ts";
import { MessageBudget } from "../limits/token-bucket.ts";
import type { Logger } from "../logger.ts";
import { Connection } from "./connection.ts";
import { openRoom } from "./open-room.ts";

export interface ConnectionsOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly node: string;
  readonly messagesPerSecondMax: number;
  /** How a connection that came back with a number was caught up. */
  readonly onResume: (result: "live" | "resync" | "gone") => void;
  /** A user has a connection here: opens the account, starts marking. */
  readonly onUser: (userId: string) => void;
}

const END_CODES: Record<SessionEnd, DisconnectCode> = {
  expired: "unauthorized",
  revoked: "session_revoked",
};
const END_REASONS: Record<SessionEnd, string> = {
  expired: "The token has expired.",
  revoked: "The session was ended.",
};

/** Owns the connections of this node from their welcome to their end. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #unwatch = new Map<string, () => void>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  get(memberId: string): Connection | undefined {
    return this.#connections.get(memberId);
  }

  values(): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** What a connection may send. */
  newBudget(): MessageBudget {
    return new MessageBudget(this.#options.messagesPerSecondMax, this.#options.clock);
  }

  /** Takes a new member in. Its first word is `welcome`, see `greet`. */
  add(
    member: Member,
    seat: Seat,
    identity: Identity | null,
    budget: MessageBudget = this.newBudget(),
  ): Connection {
    const connectedAtMs = this.#options.clock.nowMs();
    const connection = new Connection(member, seat, identity, budget, connectedAtMs);
    this.#connections.set(member.id, connection);
    this.#watch(connection);
    return connection;
  }

  /** Tells an anonymous connection who it is, once; its seat was confirmed. */
  identify(connection: Connection, identity: Identity): void {
    connection.identity = identity;
    const { userId, roles } = identity;
    this.#options.hub.update(connection.member, { userId, roles });
    this.#watch(connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection.member.id);
    this.#unwatch.get(connection.member.id)?.();
    this.#unwatch.delete(connection.member.id);
  }

  /**
   * Says `welcome`, then gives a user's connection its events: those after `since`, or else from now on.
   *
   * The order matters: joined and confirmed, then the number read, then welcome, then what follows it. Nothing published
   * meanwhile is lost, nothing comes before the welcome.
   */
  async greet(connection: Connection, since: number | undefined): Promise<void> {
    const { hub, node, clock, redis, log, onUser, onResume } = this.#options;
    const { member, identity } = connection;
    const room = identity === null ? null : rooms.user(identity.userId);
    if (room !== null) await hub.join(member, [room]);
    const seq = identity === null ? null : (await lastSeqs(redis, [identity.userId]))[0]!;
    const serverTime = new Date(clock.nowMs()).toISOString();
    const retention = USER_EVENTS_RETENTION;
    const userId = identity?.userId ?? null;
    hub.send(member, [["welcome", { node, userId, seq, serverTime, retention }]]);
    if (room === null || identity === null) return;
    onUser(identity.userId);
    void openRoom(hub, member, room, since ?? seq ?? 0, log).then(({ kind }) => {
      if (since !== undefined) onResume(kind);
    });
  }

  #watch(connection: Connection): void {
    const { identity, member } = connection;
    if (identity === null) return;
    const session = { identity, end: (reason: SessionEnd) => this.#end(connection, reason) };
    this.#unwatch.set(member.id, this.#options.sessions.add(session));
  }

  #end({ member }: Connection, reason: SessionEnd): void {
    const { hub } = this.#options;
    hub.send(member, [["session:revoked", { reason: END_REASONS[reason] }]]);
    hub.disconnect(member, END_CODES[reason]);
  }
}
