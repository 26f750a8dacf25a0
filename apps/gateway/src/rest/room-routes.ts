import { hash, randomBytes } from "node:crypto";
import { AppError } from "@mirrorbook/kernel";
import { JoinRoom, type RoomCommandBody, RoomRules, SafeId, TradeRoom } from "@mirrorbook/protocol";
import { listRooms, PAGE_MAX, type RedisClient, readRoomCore, readSeat } from "@mirrorbook/store";
import { z } from "zod";
import type { Identity } from "../auth/identity.ts";
import { commandKey, type ResolveMarket } from "../commands/command-bodies.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import { reading } from "../reads/reading.ts";
import { knownRoom } from "../rooms/room-access.ts";
import { OwnRoom, ownView, roomReadRoutes } from "./room-reads.ts";
import { Reply, type Route, userRoute } from "./route.ts";

const RoomId = z.object({ id: SafeId });
const MemberId = z.object({ id: SafeId, member: SafeId });
const Room = z.object({ room: TradeRoom });
const Invitation = JoinRoom.required({ code: true });

/** Trade rooms: their life, who is in, and who leads. */
export function roomRoutes(redis: RedisClient, desk: TradingDesk, resolve: ResolveMarket): Route[] {
  const send = async (identity: Identity, key: string | undefined, body: RoomCommandBody) => {
    await knownRoom(redis, body.roomId, identity.userId); // A name nobody knows must not reach the leader's memory.
    return (await desk.submit(identity.userId, key, body)).value;
  };
  const parts = { redis, desk, resolve, send };
  return [...lifeRoutes(parts), ...memberRoutes(parts), ...roomReadRoutes(redis)];
}

interface Parts {
  readonly redis: RedisClient;
  readonly desk: TradingDesk;
  readonly resolve: ResolveMarket;
  send(
    identity: Identity,
    key: string | undefined,
    body: RoomCommandBody,
  ): Promise<{ readonly room: TradeRoom }>;
}

function lifeRoutes({ redis, desk, resolve, send }: Parts): Route[] {
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
  ];
}

function memberRoutes({ redis, send }: Parts): Route[] {
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
      async ({ params, identity, idempotencyKey }) => {
        // An id that anybody may make up must not reach the leader either: it loads whom a command names.
        const { core } = await knownRoom(redis, params.id, identity.userId);
        if (core.ownerId !== identity.userId) {
          throw new AppError("FORBIDDEN", "Only the room's owner may do this.");
        }
        if ((await reading(readSeat(redis, core.id, params.member))) === null) {
          throw new AppError("NOT_FOUND", "Not a member of this room.");
        }
        return send(identity, commandKey(undefined, idempotencyKey), {
          type: "room:kick",
          roomId: params.id,
          memberId: params.member,
        });
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
