/** A trade room in memory, and as it is stored. */
import {
  type Answer,
  accountOfRoom,
  type FieldChange,
  type RoomCore,
  type RoomEvent,
  type RoomSeat,
  readRoomState,
  type TradeRoom,
} from "@mirrorbook/protocol";

export interface StoredAnswer {
  readonly commandId: string;
  readonly bodyHash: string;
  readonly answer: Answer<{ readonly room: TradeRoom }>;
}

export interface Room {
  readonly id: string;
  /** Commits so far. */
  version: number;
  /** Number of the room's last event. */
  seq: number;
  /** `null`: the room does not exist yet. */
  core: RoomCore | null;
  readonly seats: Map<string, RoomSeat>;
  /** First answers by stored field, oldest first. */
  readonly answers: Map<string, StoredAnswer>;
}

/** An atomic change of one room: state and the events that tell of it, written together or not at all. */
export interface RoomCommit {
  readonly roomId: string;
  readonly createdAtMs: number;
  /** Version this was computed from; 0: the room does not exist yet. */
  readonly version: number;
  readonly lastSeq: number;
  readonly changes: readonly FieldChange[];
  readonly events: readonly RoomEvent[];
}

export interface StoredRoomFields {
  readonly version: number;
  readonly seq: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads a room as its commits add up to. */
export function decodeRoom(id: string, { version, seq, fields }: StoredRoomFields): Room {
  const stored = readRoomState(fields);
  const answers = Object.entries(fields)
    .filter(([field]) => field.startsWith("answer/"))
    .map(([field, text]): [string, StoredAnswer] => [field, JSON.parse(text)])
    .sort(([, left], [, right]) => compareIds(left.commandId, right.commandId));
  return {
    id,
    version,
    seq,
    core: stored?.core ?? null,
    seats: new Map(stored?.seats.map((seat) => [seat.userId, seat])),
    answers: new Map(answers),
  };
}

/** What the exchange is to be told of the room: the markets its members trade now, or `null`. */
export function gateOf(room: Room): { account: string; symbols: readonly string[] | null } {
  const isOpen = room.core?.status === "running";
  return { account: accountOfRoom(room.id), symbols: isOpen ? room.core!.rules.markets : null };
}

/** Orders stream ids `<ms>-<n>`. */
export function compareIds(left: string, right: string): number {
  const [leftMs = 0, leftN = 0] = left.split("-").map(Number);
  const [rightMs = 0, rightN = 0] = right.split("-").map(Number);
  return leftMs - rightMs || leftN - rightN;
}
