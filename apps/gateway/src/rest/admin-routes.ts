import { SafeId } from "@mirrorbook/protocol";
import { z } from "zod";
import type { SessionEnds } from "../auth/session-ends.ts";
import { type MemberList, MemberListing } from "../members/member-list.ts";
import { Reply, type Route, userRoute } from "./route.ts";

const RoomOfSockets = z.object({ room: z.string().min(1).max(128) });
const RoomSockets = MemberListing.extend({ room: z.string() });
const RevocationOrder = z.strictObject({
  /** Not `userId`: that would be a claim to be this user. */
  user: SafeId,
  /** One session only; without it all that exist now. */
  tokenId: z.string().min(1).max(128).optional(),
  reason: z.string().min(1).max(200).default("ended by an operator"),
});

/** For operators, with the role `admin`. */
export function adminRoutes(memberList: MemberList, sessionEnds: SessionEnds): Route[] {
  return [
    userRoute(
      {
        method: "get",
        path: "/admin/rooms/:room/sockets",
        summary: "Members of a room on all nodes, of every transport. Slow while a node is gone.",
        access: "admin",
        params: RoomOfSockets,
        answer: RoomSockets,
      },
      async ({ params: { room } }) => ({ room, ...(await memberList.of(room)) }),
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
