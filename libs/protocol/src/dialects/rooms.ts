/**
 * Dialect of document 004: `{ type, data }` over plain WebSocket, about trade rooms ("bull pens") only. Every `data`
 * names its room; that id is also the topic, so a member hears of the rooms it subscribed to. Orders, positions and
 * portfolios are the member's own (promise P7), whatever the document's broadcasts did.
 */
import type { Events } from "../events.ts";
import { roomOfAccount } from "../trade-rooms.ts";
import type { Dialect, DialectTable, Message, WordingContext } from "./dialect.ts";

function message(type: string, bullPenId: string, data: object): Message {
  return { name: type, topic: bullPenId, body: { type, data: { bullPenId, ...data } } };
}

/** A message about the member's own portfolio in a room; nothing for the main portfolio. */
function own(type: string, account: string, userId: string | null, data: object): Message | null {
  const roomId = roomOfAccount(account);
  return roomId === null ? null : message(type, roomId, { userId, ...data });
}

const order =
  (type: string) =>
  (payload: Events["order:created"], { userId }: WordingContext) =>
    own(type, payload.order.account, userId, payload);

const position =
  (type: string) =>
  (payload: Events["position:marked"], { userId }: WordingContext) =>
    own(type, payload.position.account, userId, payload);

function portfolio(payload: Events["portfolio:marked"], { userId }: WordingContext) {
  return own("portfolio_update", payload.account, userId, payload);
}

const room = (type: string) => (payload: Events["room:started"]) =>
  message(type, payload.room.id, payload);

const ranking = (type: string) => (payload: { roomId: string }) =>
  message(type, payload.roomId, payload);

/** The member's own place, worded as what it is: a change of rank. Everybody hears of the leading ones beside it. */
function ownRank({ roomId, row, previousRank, timestamp }: Events["leaderboard:own_rank"]) {
  const { userId, name, rank } = row;
  const change = { userId, name, rank, previousRank };
  return message("ranking_changed", roomId, { timestamp, roomId, change, own: true });
}

const plain = (type: string) => (data: object) => ({ name: type, body: { type, data } });

function authSuccess({ userId, ...rest }: Events["welcome"]): Message | null {
  return userId === null ? null : plain("auth_success")({ userId, ...rest });
}

const table: DialectTable = {
  "order:filled": order("order_executed"),
  "order:partially_filled": order("order_executed"),
  "order:rejected": order("order_failed"),
  "order:cancelled": order("order_cancelled"),
  "order:expired": order("order_cancelled"),
  "position:opened": position("position_update"),
  "position:updated": position("position_update"),
  "position:marked": position("position_update"),
  "position:closed": position("position_closed"),
  "portfolio:updated": portfolio,
  "portfolio:marked": portfolio,
  "leaderboard:update": ranking("leaderboard_update"),
  "leaderboard:ranking_changed": ranking("ranking_changed"),
  "leaderboard:own_rank": ownRank,
  "leaderboard:snapshot_created": ranking("snapshot_created"),
  "room:state_changed": room("room_state_changed"),
  "room:started": room("room_started"),
  "room:ended": room("room_ended"),
  "room:member_joined": room("member_joined"),
  "room:member_left": room("member_left"),
  welcome: authSuccess,
  subscribed: plain("subscribed"),
  unsubscribed: plain("unsubscribed"),
  "server:draining": plain("server_draining"),
  "session:revoked": plain("session_revoked"),
  resync: plain("resync"),
  error: plain("error"),
};

export const roomsDialect: Dialect = { name: "rooms", needsFullBook: false, table };
