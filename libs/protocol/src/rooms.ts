/**
 * Socket.IO rooms. A name carries the hash tag of the keys its events are stored under, so that the sharded adapter's
 * channel lives in the slot of those keys and one script may write and publish. No name may be 20 characters long:
 * the adapter takes such a name for a socket id (`looksLikeASocketId`) and publishes to everyone.
 */
export const BOOK_DEPTHS = [20, 100, 1000] as const;
export type BookDepth = (typeof BOOK_DEPTHS)[number];

const SOCKET_ID_LENGTH = 20;
const named = (name: string) => (name.length === SOCKET_ID_LENGTH ? `${name}.` : name);

export const rooms = {
  /** A user's own events. */
  user: (userId: string) => named(`user:{${userId}}`),
  book: (symbol: string, depth: number) => named(`book:{${symbol}}:${depth}`),
  ticker: (symbol: string) => named(`ticker:{${symbol}}`),
  tape: (symbol: string) => named(`tape:{${symbol}}`),
  /** Feed status and held liquidity of a market. */
  market: (symbol: string) => named(`market:{${symbol}}`),
  /** A trade room's public events. */
  tradeRoom: (roomId: string) => named(`room:{${roomId}}`),
  /** Leader heartbeats and other words to gateways; no client ever joins it. */
  control: () => named("control:{leader}"),
  /** Leader heartbeats on the shard of a market; no client ever joins it. */
  pulse: (symbol: string) => named(`pulse:{${symbol}}`),
  /** Every user's events, for the role `monitor`. */
  monitor: () => named("monitor:{trading}"),
} as const;

export type RoomKind = "user" | "book" | "ticker" | "tape" | "market" | "room" | "other";

export interface RoomName {
  readonly name: string;
  readonly kind: RoomKind;
  /** What stands in the hash tag: a user id, a symbol or a trade room's id; empty for `other`. */
  readonly tag: string;
  /** Depth of a book room, otherwise 0. */
  readonly depth: number;
}

const ROOM_NAME = /^(user|book|ticker|tape|market|room):\{([^{}]+)\}(?::(\d+))?\.?$/;

/** Reads back what `rooms` wrote. Any other name is of kind `other`: the control and monitor rooms, and strangers'. */
export function parseRoom(name: string): RoomName {
  const [, kind, tag, depth] = ROOM_NAME.exec(name) ?? [];
  if (kind === undefined || tag === undefined) return { name, kind: "other", tag: "", depth: 0 };
  return { name, kind: kind as RoomKind, tag, depth: Number(depth ?? 0) };
}

/**
 * The one packet name leaders publish: its last argument is an array of canonical events `[name, payload]`, all for
 * one room; a user's have a `Seal` before them. Gateways unpack it and word each event in the dialect of each member;
 * clients never see it.
 */
export const BATCH_PACKET = "batch";
