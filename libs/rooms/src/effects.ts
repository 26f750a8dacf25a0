/**
 * What a room's command does outside the room: to the members' portfolios and to the gate of their account.
 *
 * Effects follow from the command and the room as it stands *after* it, not from the step it took. So a command that is
 * read again, because a leader died between the commit of the room and that of a member, brings them about then; they
 * are all harmless to repeat (ADR 0011).
 */
import {
  accountOfRoom,
  type CommandBody,
  type PortfolioSettings,
  type RoomCommandBody,
  type RoomRules,
} from "@mirrorbook/protocol";
import { gateOf, type Room } from "./room.ts";

export type RoomEffect =
  | { readonly kind: "gate"; readonly account: string; readonly symbols: readonly string[] | null }
  /** For the exchange, as a command of this user. */
  | { readonly kind: "portfolio"; readonly userId: string; readonly body: CommandBody };

export function effectsOf(room: Room, sender: string, body: RoomCommandBody): RoomEffect[] {
  if (room.core === null) return [];
  switch (body.type) {
    case "room:create":
    case "room:edit":
      return [];
    case "room:join":
      return room.seats.get(sender)?.status === "joined" ? [opening(room, sender)] : [];
    case "room:leave":
      return room.seats.get(sender)?.status === "left" ? [closing(room, sender)] : [];
    case "room:kick": {
      const isRemoved = room.seats.get(body.memberId)?.status === "removed";
      return isRemoved ? [closing(room, body.memberId)] : [];
    }
    default:
      return [{ kind: "gate", ...gateOf(room) }];
  }
}

/** How members trade: by the room's rules, and only while it runs. */
export function settingsOf(rules: RoomRules): PortfolioSettings {
  const { makerFeeRate, takerFeeRate, fillModel, heldScope, latency } = rules;
  return {
    makerFeeRate,
    takerFeeRate,
    fillModel,
    heldScope,
    latency,
    ownFunding: false,
    trading: true,
    gated: true,
  };
}

function opening(room: Room, userId: string): RoomEffect {
  const { rules } = room.core!;
  const body: CommandBody = {
    type: "account:open_portfolio",
    account: accountOfRoom(room.id),
    startingBalance: rules.startingCash,
    settings: settingsOf(rules),
  };
  return { kind: "portfolio", userId, body };
}

function closing(room: Room, userId: string): RoomEffect {
  const account = accountOfRoom(room.id);
  const body: CommandBody = { type: "account:close_portfolio", account, liquidate: false };
  return { kind: "portfolio", userId, body };
}
