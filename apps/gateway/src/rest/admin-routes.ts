import { AppError } from "@mirrorbook/kernel";
import { SafeId } from "@mirrorbook/protocol";
import type { Server } from "socket.io";
import { z } from "zod";
import type { SessionEnds } from "../auth/session-ends.ts";
import { SocketLabel } from "../sockets/socket-label.ts";
import { Reply, type Route, userRoute } from "./route.ts";

const RoomOfSockets = z.object({ room: z.string().min(1).max(128) });
const RoomSockets = z.object({
  room: z.string(),
  sockets: z.array(SocketLabel.extend({ id: z.string(), rooms: z.array(z.string()) })),
});
const RevocationOrder = z.strictObject({
  /** Not `userId`: that would be a claim to be this user. */
  user: SafeId,
  /** One session only; without it all that exist now. */
  tokenId: z.string().min(1).max(128).optional(),
  reason: z.string().min(1).max(200).default("ended by an operator"),
});

/** For operators, with the role `admin`. */
export function adminRoutes(io: Server, sessionEnds: SessionEnds): Route[] {
  return [
    userRoute(
      {
        method: "get",
        path: "/admin/rooms/:room/sockets",
        summary: "Socket.IO members of a room on all nodes. Slow while a node is gone.",
        access: "admin",
        params: RoomOfSockets,
        answer: RoomSockets,
      },
      async ({ params: { room } }) => {
        const sockets = await io
          .in(room)
          .fetchSockets()
          .catch((cause: unknown) => {
            throw new AppError("UNAVAILABLE", "Some node did not answer in time.", { cause });
          });
        return {
          room,
          sockets: sockets.map(({ id, rooms, data }) => ({ id, rooms: [...rooms], ...data })),
        };
      },
    ),
    userRoute(
      {
        method: "post",
        path: "/admin/revocations",
        summary: "Ends a user's sessions on all nodes.",
        access: "admin",
        body: RevocationOrder,
        answer: z.undefined(),
        status: 204,
      },
      async ({ body: { user, tokenId, reason } }) => {
        if (tokenId === undefined) await sessionEnds.endAll(user, reason);
        else await sessionEnds.endOne(user, tokenId, reason);
        return new Reply(204, undefined);
      },
    ),
  ];
}
