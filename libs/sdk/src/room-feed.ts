/**
 * Trade rooms somebody looks at: what the room is, its leading rows and the user's own place. Read once, then kept current
 * by events; after a hole or a reconnect it is read again. The events of the room and of its ranking are numbered apart.
 */
import type { ConnectionEvents, LeaderboardRow, RoomEvents, TradeRoom } from "@mirrorbook/protocol";
import { createStore, type Readable, type Store } from "./store.ts";
import type { Wanted } from "./subscriptions.ts";

export interface RoomSnapshot {
  /** `null` until it is read, or when there is no such room. */
  readonly room: TradeRoom | null;
  /** Best first; the leading rows only. */
  readonly rows: readonly LeaderboardRow[];
  /** The user's own rank, from 1; `null` when it has none. Told when it changes, at most once a second. */
  readonly place: number | null;
  readonly loaded: boolean;
}

/** What a room needs of the client around it. */
export interface RoomWire {
  want(wanted: Wanted): () => void;
  get<T>(path: string): Promise<T>;
}

const NOTHING: RoomSnapshot = { room: null, rows: [], place: null, loaded: false };
const TOP_ROWS = 20;
const RETRY_MS = 2_000;

interface BoardAnswer {
  readonly rows: readonly LeaderboardRow[];
  readonly place: number | null;
}

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
        this.#release = wire.want({ body: { channel: "room", roomId } });
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
      const [{ room }, board] = await Promise.all([
        this.#wire.get<{ room: TradeRoom }>(`rooms/${this.#roomId}`),
        this.#wire.get<BoardAnswer>(`rooms/${this.#roomId}/leaderboard?limit=${TOP_ROWS}`),
      ]);
      const { room: told, place: toldPlace } = this.store.getSnapshot();
      // What events brought in the meantime is newer than what was read.
      const rows = this.#seqs.board > 0 ? this.store.getSnapshot().rows : board.rows;
      const current = this.#seqs.room > 0 ? told : room;
      const place = this.#wasTold ? toldPlace : board.place;
      this.store.set({ room: current, rows, place, loaded: true });
    } catch {
      this.#later(() => this.load(), RETRY_MS);
    }
  }

  onRoom(seq: number, room: TradeRoom): void {
    if (seq <= this.#seqs.room) return;
    this.#seqs.room = seq;
    this.store.set({ ...this.store.getSnapshot(), room });
  }

  onRows(seq: number, rows: readonly LeaderboardRow[]): void {
    if (seq <= this.#seqs.board) return;
    this.#seqs.board = seq;
    this.store.set({ ...this.store.getSnapshot(), rows });
  }

  onOwnRank(place: number): void {
    this.#wasTold = true;
    this.store.set({ ...this.store.getSnapshot(), place });
  }

  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#release();
  }

  #later(task: () => Promise<void>, ms: number): void {
    if (!this.#isWanted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void task();
    }, ms);
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
      const { seq, room } = payload as RoomEvents["room:started"];
      this.#rooms.get(room.id)?.onRoom(seq, room);
      return true;
    }
    if (!name.startsWith("leaderboard:")) return false;
    if (name === "leaderboard:update") {
      const { seq, roomId, rows } = payload as RoomEvents["leaderboard:update"];
      this.#rooms.get(roomId)?.onRows(seq, rows);
    } else if (name === "leaderboard:own_rank") {
      const { roomId, row } = payload as ConnectionEvents["leaderboard:own_rank"];
      this.#rooms.get(roomId)?.onOwnRank(row.rank);
    }
    return true;
  }

  /** A new connection: events in between were missed. */
  onUp(): void {
    for (const watched of this.#rooms.values()) void watched.load();
  }

  close(): void {
    for (const watched of this.#rooms.values()) watched.stop();
  }
}
