import { hash, randomBytes } from "node:crypto";
import { AppError } from "@mirrorbook/kernel";
import {
  JoinRoom,
  LeaderboardRow,
  type RoomCommandBody,
  type RoomCore,
  RoomMember,
  RoomRules,
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
  readRoomCore,
  readSnapshots,
  readUserState,
} from "@mirrorbook/store";
import { z } from "zod";
import type { Identity } from "../auth/identity.ts";
import { commandKey, type ResolveMarket } from "../commands/command-bodies.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import { reading } from "../reads/reading.ts";
import { Reply, type Route, userRoute } from "./route.ts";

const RoomId = z.object({ id: SafeId });
const MemberId = z.object({ id: SafeId, member: SafeId });
const Room = z.object({ room: TradeRoom });
/** The owner, and nobody else, is told the code. */
const OwnRoom = z.object({ room: TradeRoom, code: z.string().nullable().optional() });
const Invitation = JoinRoom.required({ code: true });
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

/** Trade rooms: their life, who is in, and who leads. */
export function roomRoutes(redis: RedisClient, desk: TradingDesk, resolve: ResolveMarket): Route[] {
  /** @throws {AppError} UNKNOWN_ROOM, also for a draft of somebody else's. */
  const known = async (roomId: string, { userId }: Identity): Promise<RoomCore> => {
    const core = await reading(readRoomCore(redis, roomId));
    if (core === null || (core.status === "draft" && core.ownerId !== userId)) {
      throw new AppError("UNKNOWN_ROOM", `No room ${roomId}.`);
    }
    return core;
  };
  const send = async (identity: Identity, key: string | undefined, body: RoomCommandBody) => {
    await known(body.roomId, identity); // A name nobody knows must not reach the leader's memory.
    return (await desk.submit(identity.userId, key, body)).value;
  };
  const parts = { redis, desk, resolve, known, send };
  return [...lifeRoutes(parts), ...memberRoutes(parts), ...readRoutes(parts)];
}

interface Parts {
  readonly redis: RedisClient;
  readonly desk: TradingDesk;
  readonly resolve: ResolveMarket;
  known(roomId: string, identity: Identity): Promise<RoomCore>;
  send(
    identity: Identity,
    key: string | undefined,
    body: RoomCommandBody,
  ): Promise<{ readonly room: TradeRoom }>;
}

function lifeRoutes({ redis, desk, resolve, known, send }: Parts): Route[] {
  const resolved = (rules: RoomRules): RoomRules => ({
    ...rules,
    markets: [...new Set(rules.markets.map(resolve))],
  });
  const moves = (["open", "start", "pause", "resume", "end", "cancel"] as const).map((name) =>
    userRoute(
      {
        method: "post",
        path: `/rooms/:id/${name}`,
        summary: `Asks the room to ${name}; for its owner.`,
        params: RoomId,
        answer: Room,
      },
      ({ params, identity, idempotencyKey }) =>
        send(identity, idempotencyKey, { type: `room:${name}`, roomId: params.id }),
    ),
  );
  return [
    userRoute(
      {
        method: "post",
        path: "/rooms",
        summary: "Creates a room, as a draft of the caller's.",
        body: RoomRules,
        answer: OwnRoom,
        status: 201,
      },
      async ({ body, identity, idempotencyKey }) => {
        const key = idempotencyKey ?? randomBytes(16).toString("hex");
        const roomId = roomIdOf(identity.userId, key);
        const earlier = await reading(readRoomCore(redis, roomId));
        if (earlier !== null) return new Reply(200, ownView(earlier, identity));
        await checkOwned(redis, identity);
        const rules = resolved(body);
        const code = rules.visibility === "code" ? newCode(roomId) : null;
        const command = { type: "room:create", roomId, rules, name: identity.name, code } as const;
        const { value } = await desk.submit(identity.userId, key, command);
        return { room: value.room, code };
      },
    ),
    userRoute(
      {
        method: "put",
        path: "/rooms/:id",
        summary: "Replaces the rules of a draft.",
        params: RoomId,
        body: RoomRules,
        answer: Room,
      },
      ({ params, body, identity, idempotencyKey }) =>
        send(identity, idempotencyKey, {
          type: "room:edit",
          roomId: params.id,
          rules: resolved(body),
        }),
    ),
    ...moves,
    userRoute(
      {
        method: "get",
        path: "/rooms/:id",
        summary: "One room with all its rules.",
        params: RoomId,
        answer: OwnRoom,
      },
      async ({ params, identity }) => ownView(await known(params.id, identity), identity),
    ),
    userRoute(
      {
        method: "get",
        path: "/rooms",
        summary:
          "Public rooms and one's own, newest first; `mine`: those the caller is in or owns.",
        query: z.object({ offset, limit, mine: z.stringbool().default(false) }),
        answer: z.object({ rooms: z.array(TradeRoom), nextOffset: z.int().nullable() }),
      },
      async ({ query, identity }) => {
        const [page, joined] = await reading(
          Promise.all([
            listRooms(redis, { cursor: query.offset, limit: query.limit }),
            joinedRooms(redis, identity.userId),
          ]),
        );
        const isMine = (core: RoomCore) => core.ownerId === identity.userId || joined.has(core.id);
        const isShown = (core: RoomCore) =>
          isMine(core) ||
          (!query.mine && core.status !== "draft" && core.rules.visibility === "public");
        return { rooms: page.rooms.filter(isShown).map(roomView), nextOffset: page.nextCursor };
      },
    ),
  ];
}

function memberRoutes({ redis, known, send }: Parts): Route[] {
  const join = (
    identity: Identity,
    key: string | undefined,
    roomId: string,
    { name, code }: z.output<typeof JoinRoom>,
  ) =>
    send(identity, key, {
      type: "room:join",
      roomId,
      name: name ?? identity.name,
      code: code ?? null,
    });
  return [
    userRoute(
      {
        method: "post",
        path: "/rooms/join",
        summary: "Takes a seat in the room an invitation code is for.",
        body: Invitation,
        answer: Room,
      },
      ({ body, identity, idempotencyKey }) =>
        join(identity, idempotencyKey, roomOfCode(body.code), body),
    ),
    userRoute(
      {
        method: "post",
        path: "/rooms/:id/join",
        summary: "Takes a seat, and opens a portfolio with the room's starting cash.",
        params: RoomId,
        body: JoinRoom,
        answer: Room,
      },
      ({ params, body, identity, idempotencyKey }) =>
        join(identity, idempotencyKey, params.id, body),
    ),
    userRoute(
      {
        method: "post",
        path: "/rooms/:id/leave",
        summary: "Gives the seat back; open orders in the room are cancelled.",
        params: RoomId,
        answer: Room,
      },
      ({ params, identity, idempotencyKey }) =>
        send(identity, idempotencyKey, { type: "room:leave", roomId: params.id }),
    ),
    userRoute(
      {
        method: "post",
        path: "/rooms/:id/members/:member/kick",
        summary: "Removes a member for good; for the room's owner.",
        params: MemberId,
        answer: Room,
      },
      ({ params, identity, idempotencyKey }) =>
        send(identity, commandKey(undefined, idempotencyKey), {
          type: "room:kick",
          roomId: params.id,
          memberId: params.member,
        }),
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
        await known(params.id, identity);
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

function readRoutes({ redis, known }: Parts): Route[] {
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
        await known(params.id, identity);
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
        await known(params.id, identity);
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
        const { rules } = await known(params.id, identity);
        const member = query.member ?? identity.userId;
        const equity = await reading(readCurve(redis, params.id, member));
        return { member, everyMs: rules.snapshotEveryMs, equity };
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
        const { finalHash } = await known(params.id, identity);
        const text = finalHash === null ? null : await reading(readFinal(redis, params.id));
        if (text === null) throw new AppError("ROOM_STATE", "The room has no result yet.");
        return { finalHash, ranking: JSON.parse(text) as object };
      },
    ),
  ];
}

/** Rooms of one owner that are not over. Counted among the latest `PAGE_MAX` rooms: a guard, not a promise. */
const ROOMS_OWNED_MAX = 20;

/** @throws {AppError} LIMIT_EXCEEDED. */
async function checkOwned(redis: RedisClient, { userId }: Identity): Promise<void> {
  const { rooms } = await reading(listRooms(redis, { limit: PAGE_MAX }));
  const owned = rooms.filter(({ ownerId, status }) => ownerId === userId && status !== "ended");
  if (owned.length >= ROOMS_OWNED_MAX) {
    throw new AppError("LIMIT_EXCEEDED", `You have ${ROOMS_OWNED_MAX} rooms that are not over.`);
  }
}

/** The same request gives the same room, so a create that is sent again makes no second one. */
function roomIdOf(userId: string, key: string): string {
  return `r${hash("sha256", `${userId} ${key}`, "hex").slice(0, 16)}`;
}

/** An invitation names its room, so that it is all one needs to join. */
function newCode(roomId: string): string {
  return `${roomId}.${randomBytes(9).toString("base64url")}`;
}

function roomOfCode(code: string): string {
  return code.split(".", 1)[0]!;
}

function ownView(core: RoomCore, { userId }: Identity) {
  const room = roomView(core);
  return core.ownerId === userId ? { room, code: core.code } : { room };
}

async function joinedRooms(redis: RedisClient, userId: string): Promise<ReadonlySet<string>> {
  const state = await readUserState(redis, userId);
  const rooms = state?.portfolios.map(({ account }) => roomOfAccount(account)) ?? [];
  return new Set(rooms.filter((roomId) => roomId !== null));
}
