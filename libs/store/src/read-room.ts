/** What gateways and workers read of trade rooms. All of it works on any `command` connection. */
import {
  type LeaderboardRow,
  readRoomState as parseRoom,
  type RoomCore,
  type RoomEvent,
  type RoomSeat,
  roomField,
  type StoredRoom,
} from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import { EVENTS_PAGE_MAX, PAGE_MAX } from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import { fieldsOf, type StreamEntry, seqOf } from "./stream-entries.ts";

/** A room without its seats; `null` when there is none. */
export async function readRoomCore(redis: RedisClient, roomId: string): Promise<RoomCore | null> {
  const text = await redis.hget(keys.roomState(roomId), roomField.core);
  return text === null ? null : (JSON.parse(text) as RoomCore);
}

/** A room with all its seats: for a worker; a gateway seldom needs them all. */
export async function readRoom(redis: RedisClient, roomId: string): Promise<StoredRoom | null> {
  return parseRoom(await redis.hgetall(keys.roomState(roomId)));
}

export async function readSeat(
  redis: RedisClient,
  roomId: string,
  userId: string,
): Promise<RoomSeat | null> {
  const text = await redis.hget(keys.roomState(roomId), roomField.seat(userId));
  return text === null ? null : (JSON.parse(text) as RoomSeat);
}

/** A room as it stands for one user, read in one step. */
export async function readRoomFor(
  redis: RedisClient,
  roomId: string,
  userId: string,
): Promise<{ readonly core: RoomCore | null; readonly seat: RoomSeat | null }> {
  const fields = [roomField.core, roomField.seat(userId)];
  const [core, seat] = await redis.hmget(keys.roomState(roomId), ...fields);
  return { core: core ? JSON.parse(core) : null, seat: seat ? JSON.parse(seat) : null };
}

/** Rooms, newest first, from before `cursor` (the place after the last one given). */
export async function listRooms(
  redis: RedisClient,
  { cursor = 0, limit = 100 }: { cursor?: number; limit?: number } = {},
): Promise<{ readonly rooms: readonly RoomCore[]; readonly nextCursor: number | null }> {
  const count = Math.min(limit, PAGE_MAX);
  const ids = await redis.zrevrange(keys.rooms, cursor, cursor + count - 1);
  const found = await Promise.all(ids.map((roomId) => readRoomCore(redis, roomId)));
  const rooms = found.filter((core) => core !== null);
  return { rooms, nextCursor: ids.length === count ? cursor + count : null };
}

export async function allRoomIds(redis: RedisClient): Promise<string[]> {
  return redis.zrange(keys.rooms, "0", "-1");
}

/** Numbered events of a room, or of its leaderboard, after `since`. */
export async function readRoomEvents(
  redis: RedisClient,
  roomId: string,
  stream: "room" | "leaderboard",
  since: number,
): Promise<readonly RoomEvent[]> {
  const key = stream === "room" ? keys.roomEvents(roomId) : keys.roomBoardEvents(roomId);
  const entries = await redis.xrange(key, `${since + 1}-0`, "+", "COUNT", EVENTS_PAGE_MAX);
  return (entries as StreamEntry[]).map(([, fields]) => JSON.parse(fields[1]!) as RoomEvent);
}

/** Number of the last event of a room's leaderboard. */
export async function boardSeq(redis: RedisClient, roomId: string): Promise<number> {
  const top = await redis.xrevrange(keys.roomBoardEvents(roomId), "+", "-", "COUNT", 1);
  return seqOf(top[0]);
}

/** Rows of a leaderboard by rank, from `offset` (0: the first). */
export async function readBoard(
  redis: RedisClient,
  roomId: string,
  offset: number,
  limit: number,
): Promise<readonly LeaderboardRow[]> {
  const count = Math.min(limit, PAGE_MAX);
  const [from, to] = [String(offset), String(offset + count - 1)];
  const ids = await redis.zrange(keys.roomRanks(roomId), from, to);
  return rowsOf(redis, roomId, ids);
}

/** A member's place, from 0; `null` when it is not ranked. */
export async function boardPlace(
  redis: RedisClient,
  roomId: string,
  userId: string,
): Promise<number | null> {
  return redis.zrank(keys.roomRanks(roomId), userId);
}

/** Ranks of some members, from 1, in the order asked; `null` for who is not ranked. */
export async function ranksOf(
  redis: RedisClient,
  roomId: string,
  userIds: readonly string[],
): Promise<readonly (number | null)[]> {
  if (userIds.length === 0) return [];
  const ranks = await redis.zmscore(keys.roomRanks(roomId), ...userIds);
  return ranks.map((rank) => (rank === null ? null : Number(rank)));
}

/** Rows of some members, as far as there are any. */
export async function rowsOf(
  redis: RedisClient,
  roomId: string,
  userIds: readonly string[],
): Promise<readonly LeaderboardRow[]> {
  if (userIds.length === 0) return [];
  const rows = await redis.hmget(keys.roomRows(roomId), ...userIds);
  return rows.filter((text) => text !== null).map((text) => JSON.parse(text) as LeaderboardRow);
}

export interface SnapshotSummary {
  readonly id: string;
  readonly takenAt: string;
  readonly rows: readonly LeaderboardRow[];
}

/** Snapshots, newest first, from before `cursor`. */
export async function readSnapshots(
  redis: RedisClient,
  roomId: string,
  { cursor = null, limit = 100 }: { cursor?: number | null; limit?: number } = {},
): Promise<{ readonly snapshots: readonly SnapshotSummary[]; readonly nextCursor: number | null }> {
  const length = await redis.llen(keys.roomSnapshots(roomId));
  const end = Math.min(cursor ?? length, length) - 1;
  const start = Math.max(0, end - Math.min(limit, PAGE_MAX) + 1);
  if (end < 0) return { snapshots: [], nextCursor: null };
  const texts = await redis.lrange(keys.roomSnapshots(roomId), start, end);
  const snapshots = texts.map((text) => JSON.parse(text) as SnapshotSummary).reverse();
  return { snapshots, nextCursor: start === 0 ? null : start };
}

/** A member's equity at each snapshot since it was first seen, decimal text, oldest first. */
export async function readCurve(
  redis: RedisClient,
  roomId: string,
  userId: string,
): Promise<readonly string[]> {
  const text = await redis.hget(keys.roomCurves(roomId), userId);
  return text === null ? [] : text.split(",").filter((part) => part !== "");
}

/** The frozen ranking of a room that has ended, as JSON text: its hash is over this very text. */
export async function readFinal(redis: RedisClient, roomId: string): Promise<string | null> {
  return redis.get(keys.roomFinal(roomId));
}

/** Where `changesCursor` stands before the first change. */
const FROM_THE_START = "0-0";

/** Portfolios that changed after the stream entry `cursor`; see `keys.roomChanges`. */
export async function readChanges(
  redis: RedisClient,
  roomId: string,
  cursor: string,
  limit: number,
): Promise<{
  readonly changes: readonly { readonly userId: string; readonly version: number }[];
  readonly cursor: string;
  /** The entry at `cursor` was trimmed away, and so may be others after it: load every portfolio anew. */
  readonly lost: boolean;
}> {
  const key = keys.roomChanges(roomId);
  const [first, entries] = await Promise.all([
    redis.xrange(key, "-", "+", "COUNT", 1),
    redis.xrange(key, `(${cursor}`, "+", "COUNT", limit),
  ]);
  const changes = (entries as StreamEntry[]).map((entry) => {
    const { u, v } = fieldsOf(entry);
    return { userId: u!, version: Number(v) };
  });
  const oldest = first[0]?.[0];
  const lost = cursor !== FROM_THE_START && oldest !== undefined && isBefore(cursor, oldest);
  return { changes, cursor: entries.at(-1)?.[0] ?? cursor, lost };
}

/** Where the stream of changes stands; readers that load everything go on from here. */
export async function changesCursor(redis: RedisClient, roomId: string): Promise<string> {
  const top = await redis.xrevrange(keys.roomChanges(roomId), "+", "-", "COUNT", 1);
  return top[0]?.[0] ?? FROM_THE_START;
}

function isBefore(left: string, right: string): boolean {
  const [leftMs = 0, leftN = 0] = left.split("-").map(Number);
  const [rightMs = 0, rightN = 0] = right.split("-").map(Number);
  return leftMs < rightMs || (leftMs === rightMs && leftN < rightN);
}
