import { AppError } from "@mirrorbook/kernel";
import {
  LeaderboardRow,
  type RoomCore,
  RoomMember,
  roomOfAccount,
  roomView,
  SafeId,
  TradeRoom,
} from "@mirrorbook/protocol";
import {
  boardPlace,
  listRooms,
  PAGE_MAX,
  type RedisClient,
  readBoard,
  readCurve,
  readFinal,
  readRoom,
  readSeat,
  readSnapshots,
  readUserState,
} from "@mirrorbook/store";
import { z } from "zod";
import type { Identity } from "../auth/identity.ts";
import { reading } from "../reads/reading.ts";
import { type SeenRoom, visibleRoom } from "../rooms/room-access.ts";
import { type Route, userRoute } from "./route.ts";

/** Reads of the list of all rooms for one page of those shown. */
const READS_PER_PAGE_MAX = 20;
const RoomId = z.object({ id: SafeId });
/** What the caller is in a room; `null`: never was in it. */
const Membership = z.enum(["joined", "left", "removed"]).nullable();
/** The owner, and nobody else, is told the code. */
export const OwnRoom = z.object({
  room: TradeRoom,
  code: z.string().nullable().optional(),
  membership: Membership.optional(),
});
const RoomList = z.object({
  rooms: z.array(TradeRoom),
  /** The caller's own, by room. */
  memberships: z.record(z.string(), Membership),
  nextOffset: z.int().nullable(),
});
const limit = z.coerce.number().int().min(1).max(PAGE_MAX).default(100);
const offset = z.coerce.number().int().min(0).max(1_000_000).default(0);
const BoardQuery = z.object({
  offset,
  limit,
  /** `me`: the rows around the caller's own, `limit` of them. */
  around: z.literal("me").optional(),
});
const SnapshotsQuery = z.object({
  cursor: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(20),
});
const Snapshots = z.object({
  snapshots: z.array(
    z.object({ id: z.string(), takenAt: z.string(), rows: z.array(LeaderboardRow) }),
  ),
  nextCursor: z.int().nullable(),
});

/** What anyone who may see a room can read of it. */
export function roomReadRoutes(redis: RedisClient): Route[] {
  const seen = (roomId: string, { userId }: Identity) => visibleRoom(redis, roomId, userId);
  return [...aboutRoutes(redis, seen), ...rankingRoutes(redis, seen)];
}

type Seen = (roomId: string, identity: Identity) => Promise<SeenRoom>;

function aboutRoutes(redis: RedisClient, seen: Seen): Route[] {
  return [
    userRoute(
      {
        method: "get",
        path: "/rooms/:id",
        summary: "One room with all its rules.",
        params: RoomId,
        answer: OwnRoom,
      },
      async ({ params, identity }) => {
        const { core, seat } = await seen(params.id, identity);
        return { ...ownView(core, identity), membership: seat?.status ?? null };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/rooms",
        summary:
          "Public rooms and one's own, newest first; `mine`: those the caller is in or owns.",
        query: z.object({ offset, limit, mine: z.stringbool().default(false) }),
        answer: RoomList,
      },
      async ({ query, identity }) => {
        const joined = await reading(joinedRooms(redis, identity.userId));
        const isMine = (core: RoomCore) => core.ownerId === identity.userId || joined.has(core.id);
        const isShown = (core: RoomCore) =>
          isMine(core) ||
          (!query.mine && core.status !== "draft" && core.rules.visibility === "public");
        const { rooms: shown, nextOffset } = await reading(roomsPage(redis, query, isShown));
        const seats = await reading(
          Promise.all(
            shown
              .filter(({ id }) => joined.has(id))
              .map(async ({ id }) => [id, await readSeat(redis, id, identity.userId)] as const),
          ),
        );
        return {
          rooms: shown.map(roomView),
          memberships: Object.fromEntries(seats.map(([id, seat]) => [id, seat?.status ?? null])),
          nextOffset,
        };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/rooms/:id/members",
        summary: "Who is in the room, in order of joining.",
        params: RoomId,
        answer: z.object({ members: z.array(RoomMember) }),
      },
      async ({ params, identity }) => {
        await seen(params.id, identity);
        const stored = await reading(readRoom(redis, params.id));
        const members = (stored?.seats ?? [])
          .filter(({ status }) => status === "joined")
          .sort((left, right) => left.joinedAtMs - right.joinedAtMs)
          .map(({ userId, name }) => ({ userId, name }));
        return { members };
      },
    ),
  ];
}

function rankingRoutes(redis: RedisClient, seen: Seen): Route[] {
  return [
    userRoute(
      {
        method: "get",
        path: "/rooms/:id/leaderboard",
        summary: "The ranking, a page of it or the rows around the caller's.",
        params: RoomId,
        query: BoardQuery,
        answer: z.object({ rows: z.array(LeaderboardRow), place: z.int().nullable() }),
      },
      async ({ params, query, identity }) => {
        await seen(params.id, identity);
        const place = await reading(boardPlace(redis, params.id, identity.userId));
        const isAround = query.around === "me" && place !== null;
        const from = isAround ? Math.max(0, place - Math.floor(query.limit / 2)) : query.offset;
        const rows = await reading(readBoard(redis, params.id, from, query.limit));
        return { rows, place: place === null ? null : place + 1 };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/rooms/:id/snapshots",
        summary: "Snapshots of the leading rows, newest first.",
        params: RoomId,
        query: SnapshotsQuery,
        answer: Snapshots,
      },
      async ({ params, query, identity }) => {
        await seen(params.id, identity);
        const { cursor = null, limit: count } = query;
        return reading(readSnapshots(redis, params.id, { cursor, limit: count }));
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/rooms/:id/equity",
        summary: "A member's equity at each snapshot, oldest first.",
        params: RoomId,
        query: z.object({ member: SafeId.optional() }),
        answer: z.object({ member: z.string(), everyMs: z.int(), equity: z.array(z.string()) }),
      },
      async ({ params, query, identity }) => {
        const { core } = await seen(params.id, identity);
        const member = query.member ?? identity.userId;
        const equity = await reading(readCurve(redis, params.id, member));
        return { member, everyMs: core.rules.snapshotEveryMs, equity };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/rooms/:id/result",
        summary: "The frozen ranking of a room that has ended, with the hash that seals it.",
        params: RoomId,
        answer: z.object({ finalHash: z.string(), ranking: z.looseObject({}) }),
      },
      async ({ params, identity }) => {
        const { finalHash } = (await seen(params.id, identity)).core;
        const text = finalHash === null ? null : await reading(readFinal(redis, params.id));
        if (text === null) throw new AppError("ROOM_STATE", "The room has no result yet.");
        return { finalHash, ranking: JSON.parse(text) as object };
      },
    ),
  ];
}

/** Looks on for rooms to show until the page is full, within reason: then it is shorter, and there is a next one. */
async function roomsPage(
  redis: RedisClient,
  { offset: from, limit: wanted }: { readonly offset: number; readonly limit: number },
  isShown: (core: RoomCore) => boolean,
): Promise<{ readonly rooms: RoomCore[]; readonly nextOffset: number | null }> {
  const rooms: RoomCore[] = [];
  let cursor: number | null = from;
  for (
    let read = 0;
    read < READS_PER_PAGE_MAX && cursor !== null && rooms.length < wanted;
    read++
  ) {
    const page = await listRooms(redis, { cursor, limit: wanted - rooms.length });
    rooms.push(...page.rooms.filter(isShown));
    cursor = page.nextCursor;
  }
  return { rooms, nextOffset: cursor };
}

export function ownView(core: RoomCore, { userId }: Identity) {
  const room = roomView(core);
  return core.ownerId === userId ? { room, code: core.code } : { room };
}

async function joinedRooms(redis: RedisClient, userId: string): Promise<ReadonlySet<string>> {
  const state = await readUserState(redis, userId);
  const rooms = state?.portfolios.map(({ account }) => roomOfAccount(account)) ?? [];
  return new Set(rooms.filter((roomId) => roomId !== null));
}
