/** What workers write of trade rooms. Fenced by counters: whoever computes from an old state is refused. */
import { type RoomEvent, rooms } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import { ROOM_EVENTS_MAX, ROOM_SNAPSHOTS_MAX } from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import type { RoomPackets } from "./room-packets.ts";
import { runScript } from "./scripts.ts";
import { seqOf } from "./stream-entries.ts";

/** Where a leaderboard stands: what the next tick must build on. */
export interface BoardState {
  readonly ticks: number;
  readonly seq: number;
  readonly ranks: ReadonlyMap<string, number>;
}

export interface BoardTick {
  readonly roomId: string;
  readonly status: "running" | "settling";
  readonly ticks: number;
  readonly lastSeq: number;
  readonly ranks: readonly (readonly [userId: string, rank: number])[];
  /** JSON by user. */
  readonly rows: readonly (readonly [userId: string, row: string])[];
  readonly gone: readonly string[];
  readonly events: readonly RoomEvent[];
}

export type Written =
  | { readonly kind: "written" }
  | { readonly kind: "overtaken" }
  | { readonly kind: "wrong_status"; readonly status: string };

export async function readBoardState(redis: RedisClient, roomId: string): Promise<BoardState> {
  const [ticks, top, ranked] = await Promise.all([
    redis.hget(keys.roomRows(roomId), "#"),
    redis.xrevrange(keys.roomBoardEvents(roomId), "+", "-", "COUNT", 1),
    redis.zrange(keys.roomRanks(roomId), "0", "-1"),
  ]);
  const ranks = new Map(ranked.map((userId, index) => [userId, index + 1]));
  return { ticks: Number(ticks ?? 0), seq: seqOf(top[0]), ranks };
}

/** Writes and publishes one tick. @throws when Redis does not answer: then read where the board stands. */
export async function publishBoard(
  redis: RedisClient,
  packets: RoomPackets,
  tick: BoardTick,
): Promise<Written> {
  const { roomId, status, ticks, lastSeq, ranks, rows, gone, events } = tick;
  const { channel, before, after } = packets.template(rooms.tradeRoom(roomId));
  const reply = await runScript(
    redis,
    "publish-leaderboard",
    keys.roomState(roomId),
    keys.roomRanks(roomId),
    keys.roomRows(roomId),
    keys.roomBoardEvents(roomId),
    keys.roomBoardLast(roomId),
    ticks,
    status,
    lastSeq,
    ROOM_EVENTS_MAX,
    channel,
    before,
    after,
    ranks.length,
    rows.length,
    gone.length,
    events.length,
    ...ranks.flatMap(([userId, rank]) => [rank, userId]),
    ...rows.flat(),
    ...gone,
    ...events.map((event) => JSON.stringify(event)),
  );
  return written(reply);
}

export interface SnapshotToTake {
  readonly roomId: string;
  /** −1: none was taken yet. */
  readonly lastNumber: number;
  readonly number: number;
  readonly snapshot: object;
  readonly members: readonly {
    readonly userId: string;
    readonly stats: string;
    readonly equity: string;
  }[];
}

export async function takeSnapshot(redis: RedisClient, taken: SnapshotToTake): Promise<Written> {
  const { roomId, lastNumber, number, snapshot, members } = taken;
  const reply = await runScript(
    redis,
    "take-snapshot",
    keys.roomState(roomId),
    keys.roomStats(roomId),
    keys.roomCurves(roomId),
    keys.roomSnapshots(roomId),
    lastNumber,
    number,
    ROOM_SNAPSHOTS_MAX,
    JSON.stringify(snapshot),
    ...members.flatMap(({ userId, stats, equity }) => [userId, stats, equity]),
  );
  return written(reply);
}

/** Encoded figures of risk by user, and the number of the last snapshot in them. */
export async function readStats(
  redis: RedisClient,
  roomId: string,
): Promise<{ readonly lastNumber: number; readonly stats: ReadonlyMap<string, string> }> {
  const { "#": last, ...stats } = await redis.hgetall(keys.roomStats(roomId));
  return { lastNumber: Number(last ?? -1), stats: new Map(Object.entries(stats)) };
}

/** Fields of a user's state with its version. Missing fields are left out. */
export async function readUserFields(
  redis: RedisClient,
  userId: string,
  fields: readonly string[],
): Promise<{ readonly version: number; readonly fields: Readonly<Record<string, string>> }> {
  const values = await redis.hmget(keys.userState(userId), "version", ...fields);
  const found: Record<string, string> = {};
  for (const [index, field] of fields.entries()) {
    const value = values[index + 1];
    if (value !== null && value !== undefined) found[field] = value;
  }
  return { version: Number(values[0] ?? 0), fields: found };
}

/** Version and status of a room: cheap to ask at every tick. */
export async function readRoomHead(
  redis: RedisClient,
  roomId: string,
): Promise<{ readonly version: number; readonly status: string }> {
  const [version, status] = await redis.hmget(keys.roomState(roomId), "version", "status");
  return { version: Number(version ?? 0), status: status ?? "" };
}

/** Keeps the frozen ranking; a repeat writes the same text. */
export async function writeFinal(redis: RedisClient, roomId: string, text: string): Promise<void> {
  await redis.set(keys.roomFinal(roomId), text);
  await redis.xtrim(keys.roomChanges(roomId), "MAXLEN", 0); // Nobody looks for changes any more; the last id stays.
}

function written(reply: unknown): Written {
  const [done, found] = reply as [number, number | string];
  if (done === 1) return { kind: "written" };
  return done === 0 ? { kind: "overtaken" } : { kind: "wrong_status", status: String(found) };
}
