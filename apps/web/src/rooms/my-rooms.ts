/**
 * The user's rooms: those it owns or is in. No event tells of all of them, so they are read when the user's accounts
 * change, after its own commands, and every now and then while there are any. The newest it is in are watched as well: that
 * one begins is worth a word at once, wherever on the page one is.
 */
import type { RoomStatus, RoomView } from "@mirrorbook/protocol";
import {
  createStore,
  type Membership,
  type MirrorbookClient,
  type Readable,
} from "@mirrorbook/sdk";

const READ_EVERY_MS = 15_000;
const RETRY_MS = 3_000;
/** Pages of the list that are looked through for the user's own. */
const PAGES_MAX = 5;
/** A room that is watched brings its leaderboard too. */
const WATCHED_MAX = 5;

export interface MyRoom {
  readonly room: RoomView;
  readonly membership: Membership;
}

export interface MyRoomsState {
  readonly items: readonly MyRoom[];
  readonly loaded: boolean;
}

export const NO_ROOMS: MyRoomsState = { items: [], loaded: false };

/** Rooms that can be traded in, now or later; and the one of the account in use, over or not. */
export function tradeable({ items }: MyRoomsState, account: string): RoomView[] {
  return items
    .filter(
      ({ membership, room }) =>
        room.account === account || (membership === "joined" && room.status !== "ended"),
    )
    .map(({ room }) => room);
}

/** A room the user is in went from one status to another. */
export type OnTurn = (room: RoomView, before: RoomStatus) => void;

const isAlive = ({ room, membership }: MyRoom) =>
  membership === "joined" && room.status !== "ended";

export class MyRooms {
  readonly #state = createStore<MyRoomsState>(NO_ROOMS);
  readonly #client: MirrorbookClient;
  readonly #onTurn: OnTurn;
  readonly #stopWatching: () => void;
  /** How to stop watching each room that is watched. */
  readonly #watched = new Map<string, () => void>();
  readonly #statuses = new Map<string, RoomStatus>();
  #accounts = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(client: MirrorbookClient, onTurn: OnTurn) {
    this.#client = client;
    this.#onTurn = onTurn;
    this.#stopWatching = client.portfolios.subscribe(() => this.#onPortfolios());
  }

  get state(): Readable<MyRoomsState> {
    return this.#state;
  }

  /** Reads them now. A failure is tried again by itself. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const items = await this.#read();
      if (this.#isClosed) return;
      this.#state.set({ items, loaded: true });
      this.#watch(items.filter(isAlive).slice(0, WATCHED_MAX));
      const isAnyAlive = items.some(({ room }) => room.status !== "ended");
      if (isAnyAlive) this.#later(READ_EVERY_MS);
    } catch {
      this.#later(RETRY_MS);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stopWatching();
    this.#watch([]);
  }

  async #read(): Promise<MyRoom[]> {
    const items: MyRoom[] = [];
    let offset: number | null = 0;
    for (let page = 0; offset !== null && page < PAGES_MAX; page++) {
      const answer = await this.#client.rooms.list({ mine: true, offset });
      for (const room of answer.rooms) {
        items.push({ room, membership: answer.memberships[room.id] ?? null });
      }
      offset = answer.nextOffset;
    }
    return items;
  }

  /** Another account means a room was joined; on this page or elsewhere. */
  #onPortfolios(): void {
    const { items, loaded } = this.#client.portfolios.getSnapshot();
    const accounts = items.map(({ account }) => account).join(" ");
    if (!loaded || accounts === this.#accounts) return;
    this.#accounts = accounts;
    void this.refresh();
  }

  /** Watches these rooms and no others. */
  #watch(items: readonly MyRoom[]): void {
    const wanted = new Set(items.map(({ room }) => room.id));
    for (const [roomId, stop] of this.#watched) {
      if (wanted.has(roomId)) continue;
      stop();
      this.#watched.delete(roomId);
    }
    for (const { room } of items) {
      this.#note(room);
      if (this.#watched.has(room.id)) continue;
      const watched = this.#client.room(room.id);
      const stop = watched.subscribe(() => this.#note(watched.getSnapshot().room));
      this.#watched.set(room.id, stop);
    }
  }

  #note(room: RoomView | null): void {
    if (room === null) return;
    const before = this.#statuses.get(room.id);
    this.#statuses.set(room.id, room.status);
    if (before === undefined || before === room.status) return;
    const { items, loaded } = this.#state.getSnapshot();
    const changed = items.map((item) => (item.room.id === room.id ? { ...item, room } : item));
    this.#state.set({ items: changed, loaded });
    this.#onTurn(room, before);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.refresh(), ms);
  }
}
