/** Who may see a trade room: a draft is its owner's alone, a room by invitation its members' and its owner's. */
import { AppError } from "@mirrorbook/kernel";
import type { RoomCore, RoomSeat } from "@mirrorbook/protocol";
import { type RedisClient, readRoomFor } from "@mirrorbook/store";
import { reading } from "../reads/reading.ts";

export interface SeenRoom {
  readonly core: RoomCore;
  /** The viewer's own; `null`: never was in it. */
  readonly seat: RoomSeat | null;
}

/** A room that one may join, if one has its code. @throws {AppError} UNKNOWN_ROOM, also for somebody else's draft. */
export async function knownRoom(
  redis: RedisClient,
  roomId: string,
  userId: string,
): Promise<SeenRoom> {
  const { core, seat } = await reading(readRoomFor(redis, roomId, userId));
  if (core === null || (core.status === "draft" && core.ownerId !== userId)) {
    throw new AppError("UNKNOWN_ROOM", `No room ${roomId}.`);
  }
  return { core, seat };
}

/** A room whose events and ranking one may see. @throws {AppError} UNKNOWN_ROOM or FORBIDDEN. */
export async function visibleRoom(
  redis: RedisClient,
  roomId: string,
  userId: string,
): Promise<SeenRoom> {
  const room = await knownRoom(redis, roomId, userId);
  const { core, seat } = room;
  const isIn = core.ownerId === userId || seat?.status === "joined";
  if (core.rules.visibility === "public" || isIn) return room;
  throw new AppError("FORBIDDEN", "A room by invitation is seen by its members only.");
}
