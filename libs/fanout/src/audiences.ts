import { AppError } from "@mirrorbook/kernel";
import type { RoomKind } from "@mirrorbook/protocol";
import { Audience } from "./audience.ts";
import type { HubMember } from "./member.ts";
import type { RoomAdapter } from "./socket-io-internals.ts";
import type { TrackedSubscriber } from "./tracked-subscriber.ts";
import type { UserPosition } from "./types.ts";

export interface AudiencesOptions {
  readonly adapter: RoomAdapter;
  readonly subscriber: TrackedSubscriber;
  readonly memberOf: (id: string) => HubMember | undefined;
  readonly joinTimeoutMs: number;
}

/** The rooms of this node's members: who is in which, and whether Redis sends their events here. */
export class Audiences {
  readonly #options: AudiencesOptions;
  readonly #adapter: RoomAdapter;
  readonly #byRoom = new Map<string, Audience>();

  constructor(options: AudiencesOptions) {
    this.#options = options;
    this.#adapter = options.adapter;
    this.#adapter.on("join-room", (room, id) => this.#onJoined(room, id));
    this.#adapter.on("leave-room", (room, id) => this.#onLeft(room, id));
  }

  of(room: string): Audience | undefined {
    return this.#byRoom.get(room);
  }

  /** Rooms of one kind that have members here, by what stands in their tag. */
  tagsOf(kind: RoomKind): string[] {
    const named = Array.from(this.#byRoom.values(), ({ room }) => room);
    return named.filter((room) => room.kind === kind).map(({ tag }) => tag);
  }

  /** Takes over the rooms that a member was put into before it was one. */
  adopt({ id }: HubMember): void {
    for (const room of this.#adapter.sids.get(id) ?? []) this.#onJoined(room, id);
  }

  /** @throws {AppError} UNAVAILABLE when Redis does not confirm in time; the member is then in none of the new rooms. */
  async join(member: HubMember, rooms: readonly string[]): Promise<void> {
    const added = rooms.filter((room) => !member.subscriptions.has(room));
    this.#adapter.addAll(member.id, new Set(added));
    try {
      await this.#confirmed(rooms);
    } catch (cause) {
      this.leave(member, added);
      throw new AppError("UNAVAILABLE", "The subscription was not confirmed in time.", { cause });
    }
  }

  leave({ id }: HubMember, rooms: readonly string[]): void {
    for (const room of rooms) this.#adapter.del(id, room);
  }

  leaveAll({ id }: HubMember): void {
    this.#adapter.delAll(id);
  }

  /** How far each local user's connections are; those still catching up are left out. */
  positions(): UserPosition[] {
    const positions: UserPosition[] = [];
    for (const { room, subscriptions } of this.#byRoom.values()) {
      if (room.kind !== "user") continue;
      let seq = Number.POSITIVE_INFINITY;
      for (const { gate } of subscriptions) {
        if (gate?.state === "open") seq = Math.min(seq, gate.position);
      }
      if (Number.isFinite(seq)) positions.push({ userId: room.tag, seq });
    }
    return positions;
  }

  #onJoined(room: string, id: string): void {
    const member = this.#options.memberOf(id);
    if (member === undefined || room === id || member.subscriptions.has(room)) return;
    let audience = this.#byRoom.get(room);
    if (audience === undefined) {
      audience = new Audience(room);
      this.#byRoom.set(room, audience);
    }
    audience.add(member);
  }

  #onLeft(room: string, id: string): void {
    const subscription = this.#options.memberOf(id)?.subscriptions.get(room);
    if (subscription === undefined) return;
    subscription.audience.remove(subscription);
    if (subscription.audience.subscriptions.size === 0) this.#byRoom.delete(room);
  }

  /** Settles when Redis has confirmed the channels of all `rooms`. @throws when it does not in time. */
  async #confirmed(rooms: readonly string[]): Promise<void> {
    const { subscriber, joinTimeoutMs } = this.#options;
    const channels = rooms
      .map((room) => this.#adapter.dynamicChannel(room))
      .filter((channel) => !subscriber.isConfirmed(channel));
    if (channels.length === 0) return;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("SSUBSCRIBE timed out")), joinTimeoutMs);
    const confirmations = channels.map((channel) => subscriber.confirmed(channel));
    try {
      await Promise.race([Promise.all(confirmations), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
