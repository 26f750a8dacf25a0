/**
 * Forgets what nobody can need any more, so that nothing in Redis grows without bound. Everything else that is kept has a
 * bound of its own (`libs/store/src/limits.ts`).
 *
 * - A room is forgotten a time after its end, with ranking, curves and snapshots.
 * - A guest is forgotten a time after its last command: no token of it can be valid any more, so no command will name it
 *   again, and a leader that still has it in memory will never write it. Not while it has open orders, or a portfolio in
 *   a room that is there: that room's audit needs its journal.
 *
 * Both may run twice, or on two workers: what changed since it was looked at stays.
 */
import { isGuestId, type RoomCore, readUserState, roomOfAccount } from "@mirrorbook/protocol";
import {
  forgetRoom,
  forgetUser,
  type RedisClient,
  roomIdsBefore,
  sightRoom,
  sightUser,
  userIds,
} from "@mirrorbook/store";

export interface RetentionRules {
  /** After its end; a room that was given up counts from its making. */
  readonly roomsKeptMs: number;
  /** After the last command. Longer than any token lives. */
  readonly guestsKeptMs: number;
}

export interface Forgotten {
  readonly rooms: number;
  readonly guests: number;
}

/** Rooms and guests forgotten in one go; the rest has time until the next. */
export const FORGOTTEN_AT_ONCE_MAX = 1_000;

export async function forgetOld(
  redis: RedisClient,
  rules: RetentionRules,
  nowMs: number,
): Promise<Forgotten> {
  const rooms = await forgetRooms(redis, nowMs - rules.roomsKeptMs);
  const guests = await forgetGuests(redis, nowMs - rules.guestsKeptMs);
  return { rooms, guests };
}

async function forgetRooms(redis: RedisClient, beforeMs: number): Promise<number> {
  let forgotten = 0;
  for (const roomId of await roomIdsBefore(redis, beforeMs)) {
    if (forgotten >= FORGOTTEN_AT_ONCE_MAX) break;
    const seen = await sightRoom(redis, roomId);
    const isOver = seen.core === null || isLongOver(seen.core, beforeMs);
    if (isOver && (await forgetRoom(redis, roomId, seen))) forgotten += 1;
  }
  return forgotten;
}

function isLongOver({ status, endedAtMs, createdAtMs }: RoomCore, beforeMs: number): boolean {
  return status === "ended" && (endedAtMs ?? createdAtMs) < beforeMs;
}

async function forgetGuests(redis: RedisClient, beforeMs: number): Promise<number> {
  let forgotten = 0;
  for await (const ids of userIds(redis)) {
    for (const userId of ids.filter(isGuestId)) {
      if (forgotten >= FORGOTTEN_AT_ONCE_MAX) return forgotten;
      if (await forgetGuest(redis, userId, beforeMs)) forgotten += 1;
    }
  }
  return forgotten;
}

async function forgetGuest(redis: RedisClient, userId: string, beforeMs: number): Promise<boolean> {
  const seen = await sightUser(redis, userId);
  if (lastCommandAtMs(seen.fields) >= beforeMs) return false;
  const { openOrders, portfolios } = readUserState(seen.fields);
  if (openOrders.length > 0) return false;
  const rooms = portfolios.map(({ account }) => roomOfAccount(account)).filter((id) => id !== null);
  const cores = await Promise.all(rooms.map((roomId) => sightRoom(redis, roomId)));
  if (cores.some(({ core }) => core !== null)) return false;
  return forgetUser(redis, userId, seen);
}

/** Command ids begin with Redis' time in ms. A state that nothing was written of yet may be about to be. */
function lastCommandAtMs({ meta }: Readonly<Record<string, string>>): number {
  if (meta === undefined) return Infinity;
  return Number.parseInt((JSON.parse(meta) as { lastCommandId: string }).lastCommandId, 10);
}
