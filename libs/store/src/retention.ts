/** Forgetting what has been over for long: the only place that deletes a user or a trade room. */
import { type RoomCore, readRoomState, roomField } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { runScript } from "./scripts.ts";

/** A state as it was looked at; it is forgotten only if it is still the same. */
export interface Sighting {
  readonly version: string;
  readonly commit: string;
}

export interface RoomSighting extends Sighting {
  /** `null`: on the list of rooms, but nothing was ever written of it, or it is forgotten already. */
  readonly core: RoomCore | null;
}

export async function sightRoom(redis: RedisClient, roomId: string): Promise<RoomSighting> {
  const fields = [roomField.core, "version", "commit"];
  const [core, version, commit] = await redis.hmget(keys.roomState(roomId), ...fields);
  return {
    core: core ? (readRoomState({ core })?.core ?? null) : null,
    version: version ?? "",
    commit: commit ?? "",
  };
}

/** Deletes a room and takes it off the list. Returns whether it was still the one seen. */
export async function forgetRoom(
  redis: RedisClient,
  roomId: string,
  seen: Sighting,
): Promise<boolean> {
  const own = [
    keys.roomState,
    keys.roomEvents,
    keys.roomChanges,
    keys.roomRanks,
    keys.roomRows,
    keys.roomBoardLast,
    keys.roomBoardEvents,
    keys.roomSnapshots,
    keys.roomCurves,
    keys.roomStats,
    keys.roomFinal,
  ].map((key) => key(roomId));
  if (!(await forget(redis, own, seen))) return false;
  await redis.zrem(keys.rooms, roomId); // Last: what is on the list is looked at again.
  return true;
}

/** Ids of the rooms made before a time, oldest first. */
export async function roomIdsBefore(
  redis: RedisClient,
  createdBeforeMs: number,
): Promise<readonly string[]> {
  return redis.zrangebyscore(keys.rooms, "-inf", `(${createdBeforeMs}`);
}

export interface UserSighting extends Sighting {
  readonly fields: Readonly<Record<string, string>>;
}

export async function sightUser(redis: RedisClient, userId: string): Promise<UserSighting> {
  const fields = await redis.hgetall(keys.userState(userId));
  return { version: fields.version ?? "", commit: fields.commit ?? "", fields };
}

/** Deletes a user with its history. Returns whether it was still the one seen. */
export async function forgetUser(
  redis: RedisClient,
  userId: string,
  seen: Sighting,
): Promise<boolean> {
  const own = [
    keys.userState,
    keys.userEvents,
    keys.userOrders,
    keys.userTrades,
    keys.userJournal,
    keys.userStatement,
  ].map((key) => key(userId));
  return forget(redis, own, seen);
}

async function forget(
  redis: RedisClient,
  own: readonly string[],
  { version, commit }: Sighting,
): Promise<boolean> {
  return (await runScript(redis, "forget", own.length, ...own, version, commit)) === 1;
}
