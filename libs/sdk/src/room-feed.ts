/**
 * Trade rooms somebody looks at: what the room is, its leading rows and the user's own place. Read once, then kept current
 * by events; after a hole or a reconnect it is read again. The events of the room and of its ranking are numbered apart.
 */
import type { ConnectionEvents, LeaderboardRow, RoomEvents, RoomView } from "@mirrorbook/protocol";
import { ApiError } from "./rest.ts";
import type { BoardPage, Membership, RoomAnswer } from "./room-desk.ts";
import { createStore, type Readable, type Store } from "./store.ts";
import type { Wanted } from "./subscriptions.ts";

export interface RoomSnapshot {
  /** `null` until it is read, or when the user may not see it. */
  readonly room: RoomView | null;
  /** Why it is not seen: there is none (or a draft of somebody else's), or it is by invitation. */
  readonly refused: RoomRefusal | null;
  /** What the user is in it. */
  readonly membership: Membership;
  /** Told to the owner only. */
  readonly code: string | null;
  /** Best first; the leading rows only. */
  readonly rows: readonly LeaderboardRow[];
  /** The user's own rank, from 1; `null` when it has none. Told when it changes, at most once a second. */
  readonly place: number | null;
  /** The user's own row, wherever it stands; its figures are as old as its rank, or as `rows` when it is among them. */
  readonly own: LeaderboardRow | null;
  /** When the last equity snapshot was taken that we heard of: time to read the curves again. */
  readonly snapshotAt: string | null;
  readonly loaded: boolean;
}

export type RoomRefusal = "UNKNOWN_ROOM" | "FORBIDDEN";

/** What a room needs of the client around it. */
export interface RoomWire {
  want(wanted: Wanted): () => void;
  /** Subscribes once more to what was refused. */
  renew(body: Wanted["body"]): void;
  get<T>(path: string): Promise<T>;
  /** Who the user is; `null` without one. */
  userId(): string | null;
}

const NOTHING: RoomSnapshot = {
  room: null,
  refused: null,
  membership: null,
  code: null,
  rows: [],
  place: null,
  own: null,
  snapshotAt: null,
  loaded: false,
};
const TOP_ROWS = 20;
const RETRY_MS = 2_000;

class Watched {
  readonly store: Store<RoomSnapshot>;
  readonly #roomId: string;
  readonly #wire: RoomWire;
  #release = () => {};
  /** Last numbers seen: of the room, and of its ranking. */
  #seqs = { room: 0, board: 0 };
  #wasTold = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = false;

  constructor(roomId: string, wire: RoomWire) {
    this.#roomId = roomId;
    this.#wire = wire;
    this.store = createStore(NOTHING, {
      onWanted: () => {
        this.#isWanted = true;
        this.#release = wire.want({ body: this.#subscription });
        void this.load();
      },
      onUnwanted: () => this.stop(),
    });
  }

  /** Reads everything; tries again while it is looked at. */
  async load(): Promise<void> {
    if (!this.#isWanted) return;
    this.#seqs = { room: 0, board: 0 };
    this.#wasTold = false;
    try {
      const path = `rooms/${this.#roomId}`;
      const answers = await Promise.all([
        this.#wire.get<RoomAnswer>(path),
        this.#wire.get<BoardPage>(`${path}/leaderboard?limit=${TOP_ROWS}`),
        this.#wire.get<BoardPage>(`${path}/leaderboard?around=me&limit=1`),
      ]);
      this.#take(...answers);
    } catch (error) {
      this.#refuse(error);
      this.#retryLater();
    }
  }

  onRoom({ seq, room, member }: RoomEvents["room:member_joined"]): void {
    if (seq <= this.#seqs.room) return;
    this.#seqs.room = seq;
    this.#change({ room: room as RoomView });
    // One's own seat: the room says whether it was left or lost.
    if (member?.userId === this.#wire.userId()) void this.load();
  }

  onRows(seq: number, rows: readonly LeaderboardRow[]): void {
    if (seq <= this.#seqs.board) return;
    this.#seqs.board = seq;
    const own = this.#ownIn(rows);
    this.#change({ rows, ...(own === null ? {} : { own, place: own.rank }) });
  }

  onOwnRank(own: LeaderboardRow): void {
    this.#wasTold = true;
    this.#change({ own, place: own.rank });
  }

  onSnapshot(takenAt: string): void {
    this.#change({ snapshotAt: takenAt });
  }

  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#release();
  }

  get #subscription() {
    return { channel: "room", roomId: this.#roomId } as const;
  }

  #take({ room, membership, code }: RoomAnswer, top: BoardPage, around: BoardPage): void {
    const told = this.store.getSnapshot();
    // What was refused is not subscribed to.
    if (told.refused !== null) this.#wire.renew(this.#subscription);
    // What events brought in the meantime is newer than what was read.
    const { rows } = this.#seqs.board > 0 ? told : top;
    const own = this.#ownIn(rows) ?? this.#ownIn(around.rows);
    this.#change({
      room: this.#seqs.room > 0 ? told.room : room,
      refused: null,
      membership,
      code: code ?? null,
      rows,
      ...(this.#wasTold ? {} : { own, place: around.place }),
      loaded: true,
    });
  }

  /** Nothing that was seen stays when it may not be seen; a failure of the network takes nothing away. */
  #refuse(error: unknown): void {
    const code = error instanceof ApiError ? error.code : null;
    if (code !== "UNKNOWN_ROOM" && code !== "FORBIDDEN") return;
    this.store.set({ ...NOTHING, refused: code, loaded: true });
  }

  #change(changes: Partial<RoomSnapshot>): void {
    this.store.set({ ...this.store.getSnapshot(), ...changes });
  }

  #ownIn(rows: readonly LeaderboardRow[]): LeaderboardRow | null {
    const userId = this.#wire.userId();
    return rows.find((row) => row.userId === userId) ?? null;
  }

  /** A draft may be opened yet, and a seat be taken. */
  #retryLater(): void {
    if (!this.#isWanted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), RETRY_MS);
  }
}

export class RoomFeed {
  readonly #wire: RoomWire;
  readonly #rooms = new Map<string, Watched>();

  constructor(wire: RoomWire) {
    this.#wire = wire;
  }

  room(roomId: string): Readable<RoomSnapshot> {
    let watched = this.#rooms.get(roomId);
    if (watched === undefined) {
      watched = new Watched(roomId, this.#wire);
      this.#rooms.set(roomId, watched);
    }
    return watched.store;
  }

  /** Takes an event if it is one of a room's; says whether it was. */
  onEvent(name: string, payload: unknown): boolean {
    if (name.startsWith("room:")) {
      const event = payload as RoomEvents["room:member_joined"];
      this.#rooms.get(event.room.id)?.onRoom(event);
      return true;
    }
    if (!name.startsWith("leaderboard:")) return false;
    if (name === "leaderboard:update") {
      const { seq, roomId, rows } = payload as RoomEvents["leaderboard:update"];
      this.#rooms.get(roomId)?.onRows(seq, rows);
    } else if (name === "leaderboard:own_rank") {
      const { roomId, row } = payload as ConnectionEvents["leaderboard:own_rank"];
      this.#rooms.get(roomId)?.onOwnRank(row);
    } else if (name === "leaderboard:snapshot_created") {
      const { roomId, snapshot } = payload as RoomEvents["leaderboard:snapshot_created"];
      this.#rooms.get(roomId)?.onSnapshot(snapshot.takenAt);
    }
    return true;
  }

  /** Reads a room again, if somebody looks at it: the user has done something to it. */
  refresh(roomId: string): void {
    void this.#rooms.get(roomId)?.load();
  }

  /** A new connection: events in between were missed. */
  onUp(): void {
    for (const watched of this.#rooms.values()) void watched.load();
  }

  close(): void {
    for (const watched of this.#rooms.values()) watched.stop();
  }
}
