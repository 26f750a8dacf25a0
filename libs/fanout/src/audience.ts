import {
  type AnyEvent,
  type BookUpdate,
  type BookView,
  DIALECTS,
  parseRoom,
  type RoomName,
} from "@mirrorbook/protocol";
import { applyBookUpdate } from "./full-book.ts";
import { closedGate, type Gate } from "./gate.ts";
import type { HubMember } from "./member.ts";
import { Packet } from "./packet.ts";
import { SealedEvents } from "./sealed-events.ts";
import type { Opened } from "./types.ts";

/** One member in one room. */
export interface Subscription {
  readonly member: HubMember;
  readonly audience: Audience;
  /** `null` in rooms whose events stand alone and need no chain. */
  readonly gate: Gate<Packet> | null;
  /** The catch-up under way, if any. */
  catchUp: Promise<Opened> | null;
  /** Latest packet kept back from a slow member, where only the latest counts. */
  latest: Packet | null;
}

/** The local members of one room, and the whole book where one of them has to be shown it. */
export class Audience {
  readonly room: RoomName;
  readonly subscriptions = new Set<Subscription>();
  #fullBook: BookView | null = null;
  #fullBookReaders = 0;

  constructor(room: string) {
    this.room = parseRoom(room);
  }

  add(member: HubMember): Subscription {
    const { kind, name } = this.room;
    const gate = kind === "user" || kind === "book" ? closedGate<Packet>() : null;
    const subscription = { member, audience: this, gate, catchUp: null, latest: null };
    this.subscriptions.add(subscription);
    member.subscriptions.set(name, subscription);
    if (this.#showsFullBook(member)) this.#fullBookReaders++;
    return subscription;
  }

  remove(subscription: Subscription): void {
    this.subscriptions.delete(subscription);
    subscription.member.subscriptions.delete(this.room.name);
    if (this.#showsFullBook(subscription.member)) this.#fullBookReaders--;
    this.#dropUnreadBook();
  }

  /** Call when a member has changed its dialect. */
  recountFullBookReaders(): void {
    this.#fullBookReaders = 0;
    for (const { member } of this.subscriptions) {
      if (this.#showsFullBook(member)) this.#fullBookReaders++;
    }
    this.#dropUnreadBook();
  }

  /** Makes the packet for events that arrived, and moves the whole book along. */
  packet(events: readonly AnyEvent[] | SealedEvents): Packet {
    const userId = this.room.kind === "user" ? this.room.tag : null;
    if (this.#fullBook === null) return new Packet(events, { userId, book: null });
    const read = events instanceof SealedEvents ? events.events : events;
    this.#fullBook = foldBook(this.#fullBook, read);
    return new Packet(read, { userId, book: this.#fullBook });
  }

  /** Takes a view that was read as the whole book, unless a newer one is known. */
  adoptFullBook(view: BookView): void {
    if (this.#fullBookReaders === 0) return;
    if (this.#fullBook === null || this.#fullBook.seq < view.seq) this.#fullBook = view;
  }

  #showsFullBook(member: HubMember): boolean {
    return this.room.kind === "book" && DIALECTS[member.dialect].needsFullBook;
  }

  #dropUnreadBook(): void {
    if (this.#fullBookReaders === 0) this.#fullBook = null;
  }
}

/** Applies the book events among `events`; `null` when one is missing before them. */
export function foldBook(view: BookView, events: readonly AnyEvent[]): BookView | null {
  let book: BookView | null = view;
  for (const [name, payload] of events) {
    if (name === "orderbook:snapshot") book = payload as BookView;
    else if (name === "orderbook:update" && book !== null) {
      book = applyBookUpdate(book, payload as BookUpdate);
    }
  }
  return book;
}
