/**
 * The user's rooms: those it owns or is in. No event tells of all of them, so they are read when the user's accounts
 * change, after its own commands, and every now and then while there are any.
 */

import type { RoomView } from "@mirrorbook/protocol";
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

export class MyRooms {
  readonly #state = createStore<MyRoomsState>(NO_ROOMS);
  readonly #client: MirrorbookClient;
  readonly #stopWatching: () => void;
  #accounts = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(client: MirrorbookClient) {
    this.#client = client;
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

  #later(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.refresh(), ms);
  }
}
