import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "@mirrorbook/kernel";
import type { AnyEvent, DisconnectCode, Message, RoomKind } from "@mirrorbook/protocol";
import { DIALECTS } from "@mirrorbook/protocol";
import type { Server, Socket } from "socket.io";
import type { WebSocket } from "ws";
import type { Subscription } from "./audience.ts";
import { Audiences } from "./audiences.ts";
import { CatchUp } from "./catch-up.ts";
import { Counters } from "./counters.ts";
import { socketIoAcknowledgement } from "./frames.ts";
import { admit, hold, skip } from "./gate.ts";
import { HubMember } from "./member.ts";
import { Outbox } from "./outbox.ts";
import { Encoded, Packet } from "./packet.ts";
import type { SealedEvents } from "./sealed-events.ts";
import { SlowMembers } from "./slow-members.ts";
import {
  engineConnection,
  installAdapter,
  type RoomAdapter,
  releaseRequest,
} from "./socket-io-internals.ts";
import { type SubscriberClient, TrackedSubscriber } from "./tracked-subscriber.ts";
import {
  type Counter,
  DEFAULT_LIMITS,
  type FanoutHooks,
  type FanoutLimits,
  type FanoutSources,
  type Identity,
  type Member,
  type Opened,
  type UserPosition,
} from "./types.ts";
import { SocketIoWire, WebSocketWire, type Wire } from "./wires.ts";

export interface HubOptions {
  readonly io: Server;
  /** ioredis client for what this node itself publishes through Socket.IO. */
  readonly publisher: unknown;
  /** ioredis client, or cluster with sharded subscribers, used for nothing else. */
  readonly subscriber: SubscriberClient;
  readonly sources: FanoutSources;
  readonly limits?: Partial<FanoutLimits>;
  readonly hooks?: FanoutHooks;
  readonly clock?: Clock;
}

/**
 * Delivers the leader's events to this node's members (ARCHITECTURE, section 7).
 *
 * 1. An event is worded and encoded once per dialect present, however many members hear it.
 * 2. All that one member gets in one tick leaves in one write.
 * 3. In a user's room and in a book's, a member gets an unbroken chain: each number once, in order. `join` holds live
 *    events back until `open`.
 * 4. What a member has not read is bounded. Books are conflated, user events never dropped: a member too far behind
 *    is disconnected as `slow_consumer` and resumes by number.
 */
export class Hub {
  readonly #limits: FanoutLimits;
  readonly #hooks: FanoutHooks;
  readonly #adapter: RoomAdapter;
  readonly #subscriber: TrackedSubscriber;
  readonly #members = new Map<string, HubMember>();
  readonly #audiences: Audiences;
  readonly #counters = new Counters();
  readonly #slow: SlowMembers;
  readonly #outbox: Outbox;
  readonly #catchUp: CatchUp;
  #closed = false;

  constructor(options: HubOptions) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#hooks = options.hooks ?? {};
    this.#slow = new SlowMembers(
      this.#limits,
      {
        onRecovered: (member) => this.#onRecovered(member),
        onHopeless: (member) => this.disconnect(member, "slow_consumer"),
      },
      options.clock ?? systemClock,
    );
    this.#outbox = new Outbox(
      this.#counters,
      this.#limits.conflateAboveBytes,
      (member, backlogBytes) => this.#slow.add(member, backlogBytes),
    );
    this.#catchUp = new CatchUp({
      limits: this.#limits,
      sources: options.sources,
      isCurrent: (subscription) =>
        !subscription.member.closing &&
        subscription.member.subscriptions.get(subscription.audience.room.name) === subscription,
      enqueue: (member, packet) => this.#outbox.put(member, packet),
      flush: (member) => this.#outbox.flush(member),
      recovered: (member) => this.#slow.recovered(member),
    });
    this.#subscriber = new TrackedSubscriber(options.subscriber, {
      onResubscribed: () => this.#hooks.onResubscribed?.(),
      onProblem: (problem, error) => this.#hooks.onProblem?.(problem, error),
    });
    this.#adapter = installAdapter(
      options.io,
      options.publisher,
      this.#subscriber,
      (room, events) => this.deliver(room, events),
    );
    this.#audiences = new Audiences({
      adapter: this.#adapter,
      subscriber: this.#subscriber,
      memberOf: (id) => this.#members.get(id),
      joinTimeoutMs: this.#limits.joinTimeoutMs,
    });
  }

  // Members come and go

  addSocketIo(socket: Socket, identity: Identity): Member {
    const member = this.#add(socket.id, new SocketIoWire(socket), identity);
    releaseRequest(engineConnection(socket));
    socket.once("disconnect", () => this.remove(member));
    return member;
  }

  addWebSocket(webSocket: WebSocket, identity: Identity): Member {
    const member = this.#add(randomUUID(), new WebSocketWire(webSocket), identity);
    webSocket.once("close", () => this.remove(member));
    return member;
  }

  /** Forgets a member and leaves all its rooms. Done by itself when the connection closes. */
  remove(member: Member): void {
    const gone = this.#members.get(member.id);
    if (gone === undefined) return;
    gone.closing = true;
    gone.pending = null;
    this.#audiences.leaveAll(gone);
    this.#members.delete(member.id);
    this.#slow.forget(gone);
  }

  /** Changes who a member is or how it is spoken to; its rooms stay, books start anew where their form changes. */
  update(member: Member, change: Partial<Identity> & { topics?: ReadonlySet<string> }): void {
    const known = member as HubMember;
    const hadFullBook = DIALECTS[known.dialect].needsFullBook;
    Object.assign(known, change);
    if (DIALECTS[known.dialect].needsFullBook === hadFullBook) return;
    for (const subscription of known.subscriptions.values()) {
      const { audience, gate } = subscription;
      audience.recountFullBookReaders();
      if (audience.room.kind !== "book" || gate?.state !== "open") continue;
      gate.position = -1;
      this.#repair(subscription);
    }
  }

  members(): IterableIterator<Member> {
    return this.#members.values();
  }

  // Rooms

  /** Rooms of one kind that have members here, by what stands in their tag. */
  tagsOf(kind: RoomKind): string[] {
    return this.#audiences.tagsOf(kind);
  }

  membersIn(room: string): Member[] {
    const { subscriptions } = this.#audiences.of(room) ?? {};
    return Array.from(subscriptions ?? [], ({ member }) => member);
  }

  /**
   * Joins rooms, and resolves when Redis has confirmed that their events come here: only then is it safe to read what
   * to catch up with. Rooms of users and books hold their events back until `open`.
   *
   * @throws {AppError} UNAVAILABLE when Redis does not confirm in time; the member is then in none of the new rooms.
   */
  async join(member: Member, rooms: readonly string[]): Promise<void> {
    if (!this.#members.has(member.id)) return;
    await this.#audiences.join(member as HubMember, rooms);
  }

  /**
   * Catches a member up in a room it joined, then lets live events through. In a user's room it gets what follows
   * number `since`, in a book's room a snapshot. Resolves when it is live; other rooms always are.
   *
   * @throws when the sources fail; the room stays closed and may be opened again.
   */
  async open(member: Member, room: string, since = 0): Promise<Opened> {
    const subscription = (member as HubMember).subscriptions.get(room);
    if (subscription === undefined) return { kind: "gone" };
    if (subscription.gate === null) return { kind: "live", recovered: 0 };
    if (subscription.audience.room.kind === "user" && subscription.gate.position < since) {
      subscription.gate.position = since;
    }
    return await this.#startCatchUp(subscription, subscription.gate.position);
  }

  leave(member: Member, rooms: readonly string[]): void {
    this.#audiences.leave(member as HubMember, rooms);
  }

  // Delivery

  /** Delivers events of a room to its local members, as if they had come from the leader. */
  deliver(room: string, events: readonly AnyEvent[] | SealedEvents): void {
    const audience = this.#audiences.of(room);
    if (audience === undefined || events.length === 0) return;
    const packet = audience.packet(events);
    this.#hooks.onEvents?.(audience.room, packet);
    for (const subscription of audience.subscriptions) this.#offer(subscription, packet);
  }

  /** Sends events to one member alone, worded in its dialect, in order with all it gets from its rooms. */
  send(member: Member, events: readonly AnyEvent[]): void {
    this.#outbox.put(
      member as HubMember,
      new Packet(events, { userId: member.userId, book: null }, []),
    );
  }

  /** Sends messages that are already in the member's own words. */
  sendMessages(member: Member, messages: readonly Message[]): void {
    const { wire } = member as HubMember;
    const encoded = Encoded.of(messages, wire.format);
    if (messages.length > 0) this.#outbox.owe(member as HubMember, encoded);
  }

  /**
   * Acknowledges a Socket.IO member's packet `id` (see `takePackets`) with an answer's JSON text, in order and in one
   * write with whatever else the member gets in this turn.
   */
  acknowledge(member: Member, id: number, text: string): void {
    this.#outbox.owe(member as HubMember, Encoded.ofText(socketIoAcknowledgement(id, text)));
  }

  /** Ends a connection and says why. */
  disconnect(member: Member, code: DisconnectCode): void {
    const leaving = member as HubMember;
    if (leaving.closing) return;
    if (code === "slow_consumer") this.#counters.of(leaving).slowDisconnects++;
    else this.#outbox.flush(leaving);
    leaving.closing = true;
    leaving.pending = null;
    this.#hooks.onDisconnect?.(member, code);
    leaving.wire.close(code);
    setTimeout(() => leaving.wire.destroy(), this.#limits.closeGraceMs).unref();
  }

  // Repair and figures

  /** How far each local user's connections are; those still catching up are left out. */
  positions(): UserPosition[] {
    return this.#audiences.positions();
  }

  /** Has every open subscription of a room read what it may have missed, from the log or by a snapshot. */
  repair(room: string): void {
    for (const subscription of this.#audiences.of(room)?.subscriptions ?? []) {
      if (subscription.gate?.state === "open") this.#repair(subscription);
    }
  }

  counters(): readonly Counter[] {
    return this.#counters.all();
  }

  /** Members that read too slowly now. */
  get slowMembers(): number {
    return this.#slow.size;
  }

  /** Stops timers and subscriptions; connections are their servers' to close. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#slow.close();
    this.#subscriber.close();
    await this.#adapter.close();
  }

  // Inside

  #add(id: string, wire: Wire, identity: Identity): HubMember {
    const member = new HubMember(id, wire, identity);
    this.#members.set(id, member);
    this.#audiences.adopt(member);
    return member;
  }

  #offer(subscription: Subscription, packet: Packet): void {
    const { member, gate } = subscription;
    if (member.closing) return;
    if (member.slow && this.#conflate(subscription, packet)) return;
    if (gate === null || packet.links.length === 0) this.#outbox.put(member, packet);
    else if (gate.state === "holding") hold(gate, packet, this.#limits.heldEventsMax);
    else if (gate.state === "open") {
      const verdict = admit(gate, packet);
      if (verdict === "all") this.#outbox.put(member, packet);
      else if (verdict === "gap") this.#repair(subscription);
      else if (verdict !== "nothing") this.#outbox.put(member, packet.after(verdict.from));
    }
  }

  /** Keeps market data back from a member that reads too slowly; returns whether this packet was market data. */
  #conflate(subscription: Subscription, packet: Packet): boolean {
    const { member, gate, audience } = subscription;
    const { kind } = audience.room;
    if (kind !== "book" && kind !== "ticker" && kind !== "tape") return false;
    if (kind === "book" && gate?.state === "open") skip(gate);
    if (kind === "ticker") subscription.latest = packet;
    member.conflatedPackets++;
    this.#counters.of(member).conflatedPackets++;
    return true;
  }

  #onRecovered(member: HubMember): void {
    for (const subscription of member.subscriptions.values()) {
      const { gate, latest } = subscription;
      const wasOpened = gate !== null && gate.position >= 0;
      if (wasOpened && gate.state === "skipping") this.#repair(subscription);
      if (latest !== null) this.#outbox.put(member, latest);
      subscription.latest = null;
    }
  }

  #repair(subscription: Subscription): void {
    const { gate } = subscription;
    if (gate === null || this.#closed) return;
    skip(gate);
    this.#startCatchUp(subscription, gate.position).catch((error: unknown) => {
      this.#hooks.onProblem?.("a stream could not be repaired yet", error);
      setTimeout(() => {
        if (gate.state !== "open") this.#repair(subscription);
      }, this.#limits.repairRetryMs).unref();
    });
  }

  /** Starts a catch-up after `position`, unless one is under way: that one goes on until the chain is whole. */
  #startCatchUp(subscription: Subscription, position: number): Promise<Opened> {
    const { gate } = subscription;
    if (subscription.catchUp !== null || gate === null) {
      return subscription.catchUp ?? Promise.resolve({ kind: "gone" });
    }
    gate.position = position;
    subscription.catchUp = this.#catchUp.run(subscription, gate).finally(() => {
      subscription.catchUp = null;
    });
    return subscription.catchUp;
  }
}
