import { randomUUID } from "node:crypto";
import { AppError, type Clock, systemClock } from "@mirrorbook/kernel";
import type { AnyEvent, DisconnectCode, Message, RoomKind } from "@mirrorbook/protocol";
import { DIALECTS } from "@mirrorbook/protocol";
import type { Server, Socket } from "socket.io";
import type { WebSocket } from "ws";
import { Audience, type Subscription } from "./audience.ts";
import { CatchUp } from "./catch-up.ts";
import { Counters } from "./counters.ts";
import { admit, hold, skip } from "./gate.ts";
import { HubMember } from "./member.ts";
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
  readonly #audiences = new Map<string, Audience>();
  readonly #counters = new Counters();
  readonly #slow: SlowMembers;
  readonly #catchUp: CatchUp;
  #owed: HubMember[] = [];
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
    this.#catchUp = new CatchUp({
      limits: this.#limits,
      sources: options.sources,
      isCurrent: (subscription) =>
        !subscription.member.closing &&
        subscription.member.subscriptions.get(subscription.audience.room.name) === subscription,
      enqueue: (member, packet) => this.#enqueue(member, packet),
      flush: (member) => this.#flush(member),
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
    this.#adapter.on("join-room", (room, id) => this.#onJoined(room, id));
    this.#adapter.on("leave-room", (room, id) => this.#onLeft(room, id));
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
    this.#adapter.delAll(member.id);
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
    const named = Array.from(this.#audiences.values(), ({ room }) => room);
    return named.filter((room) => room.kind === kind).map(({ tag }) => tag);
  }

  membersIn(room: string): Member[] {
    const { subscriptions } = this.#audiences.get(room) ?? {};
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
    const { subscriptions } = member as HubMember;
    const added = rooms.filter((room) => !subscriptions.has(room));
    this.#adapter.addAll(member.id, new Set(added));
    try {
      await this.#confirmed(rooms);
    } catch (cause) {
      this.leave(member, added);
      throw new AppError("UNAVAILABLE", "The subscription was not confirmed in time.", { cause });
    }
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
    for (const room of rooms) this.#adapter.del(member.id, room);
  }

  // Delivery

  /** Delivers events of a room to its local members, as if they had come from the leader. */
  deliver(room: string, events: readonly AnyEvent[] | SealedEvents): void {
    const audience = this.#audiences.get(room);
    if (audience === undefined || events.length === 0) return;
    const packet = audience.packet(events);
    this.#hooks.onEvents?.(audience.room, packet);
    for (const subscription of audience.subscriptions) this.#offer(subscription, packet);
  }

  /** Sends events to one member alone, worded in its dialect, in order with all it gets from its rooms. */
  send(member: Member, events: readonly AnyEvent[]): void {
    this.#enqueue(
      member as HubMember,
      new Packet(events, { userId: member.userId, book: null }, []),
    );
  }

  /** Sends messages that are already in the member's own words. */
  sendMessages(member: Member, messages: readonly Message[]): void {
    const { wire } = member as HubMember;
    if (messages.length > 0) this.#owe(member as HubMember, Encoded.of(messages, wire.format));
  }

  /** Looks whether a member reads what was written to it past the hub, such as acknowledgements. */
  checkBacklog(member: Member): void {
    const backlogBytes = member.backlogBytes();
    if (backlogBytes > this.#limits.conflateAboveBytes) {
      this.#slow.add(member as HubMember, backlogBytes);
    }
  }

  /** Ends a connection and says why. */
  disconnect(member: Member, code: DisconnectCode): void {
    const leaving = member as HubMember;
    if (leaving.closing) return;
    if (code === "slow_consumer") this.#counters.of(leaving).slowDisconnects++;
    else this.#flush(leaving);
    leaving.closing = true;
    leaving.pending = null;
    this.#hooks.onDisconnect?.(member, code);
    leaving.wire.close(code);
    setTimeout(() => leaving.wire.destroy(), this.#limits.closeGraceMs).unref();
  }

  // Repair and figures

  /** How far each local user's connections are; those still catching up are left out. */
  positions(): UserPosition[] {
    const positions: UserPosition[] = [];
    for (const { room, subscriptions } of this.#audiences.values()) {
      if (room.kind !== "user") continue;
      let seq = Number.POSITIVE_INFINITY;
      for (const { gate } of subscriptions) {
        if (gate?.state === "open") seq = Math.min(seq, gate.position);
      }
      if (Number.isFinite(seq)) positions.push({ userId: room.tag, seq });
    }
    return positions;
  }

  /** Has every open subscription of a room read what it may have missed, from the log or by a snapshot. */
  repair(room: string): void {
    for (const subscription of this.#audiences.get(room)?.subscriptions ?? []) {
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
    for (const room of this.#adapter.sids.get(id) ?? []) this.#onJoined(room, id);
    return member;
  }

  #onJoined(room: string, id: string): void {
    const member = this.#members.get(id);
    if (member === undefined || room === id || member.subscriptions.has(room)) return;
    let audience = this.#audiences.get(room);
    if (audience === undefined) {
      audience = new Audience(room);
      this.#audiences.set(room, audience);
    }
    audience.add(member);
  }

  #onLeft(room: string, id: string): void {
    const subscription = this.#members.get(id)?.subscriptions.get(room);
    if (subscription === undefined) return;
    subscription.audience.remove(subscription);
    if (subscription.audience.subscriptions.size === 0) this.#audiences.delete(room);
  }

  async #confirmed(rooms: readonly string[]): Promise<void> {
    const channels = rooms
      .map((room) => this.#adapter.dynamicChannel(room))
      .filter((channel) => !this.#subscriber.isConfirmed(channel));
    if (channels.length === 0) return;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error("SSUBSCRIBE timed out")),
      this.#limits.joinTimeoutMs,
    );
    const confirmations = channels.map((channel) => this.#subscriber.confirmed(channel));
    try {
      await Promise.race([Promise.all(confirmations), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #offer(subscription: Subscription, packet: Packet): void {
    const { member, gate } = subscription;
    if (member.closing) return;
    if (member.slow && this.#conflate(subscription, packet)) return;
    if (gate === null || packet.links.length === 0) this.#enqueue(member, packet);
    else if (gate.state === "holding") hold(gate, packet, this.#limits.heldEventsMax);
    else if (gate.state === "open") {
      const verdict = admit(gate, packet);
      if (verdict === "all") this.#enqueue(member, packet);
      else if (verdict === "gap") this.#repair(subscription);
      else if (verdict !== "nothing") this.#enqueue(member, packet.after(verdict.from));
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
      if (latest !== null) this.#enqueue(member, latest);
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

  #enqueue(member: HubMember, packet: Packet): void {
    const encoded = packet.encoded(member.dialect, member.wire.format, member.topics);
    if (encoded !== null) this.#owe(member, encoded);
  }

  #owe(member: HubMember, encoded: Encoded): void {
    if (member.closing) return;
    if (member.pending !== null) {
      member.pending = member.pending.append(encoded);
      return;
    }
    member.pending = encoded.rope;
    // After the poll phase: all that arrived from Redis in this turn of the loop leaves together.
    if (this.#owed.length === 0) setImmediate(() => this.#flushAll());
    this.#owed.push(member);
  }

  #flushAll(): void {
    const owed = this.#owed;
    this.#owed = [];
    for (const member of owed) this.#flush(member);
  }

  #flush(member: HubMember): void {
    const rope = member.pending;
    if (rope === null) return;
    member.pending = null;
    const backlogBytes = member.wire.write(rope);
    this.#counters.count(member, rope);
    if (backlogBytes > this.#limits.conflateAboveBytes) this.#slow.add(member, backlogBytes);
  }
}
