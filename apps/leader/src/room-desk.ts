/**
 * The trade rooms of one term: which are loaded, and what their commands do. A command changes a room first and then, by
 * the effects the room tells, the gate of its account and the portfolio of a member; all of it goes into one batch. Rooms
 * and users live in different slots, so a crash can let one commit through and not the other: the command is then read
 * again, or the worker asks again, and the effects are brought about once more (ADR 0011).
 */
import type { Exchange, Input, Outcome } from "@mirrorbook/exchange";
import { refusal } from "@mirrorbook/kernel";
import {
  type Answer,
  accountOfRoom,
  type Command,
  isRoomCommand,
  ROOM_SYSTEM,
  type RoomCommandBody,
  roomOfAccount,
  type StreamCommand,
} from "@mirrorbook/protocol";
import {
  applyRoomCommand,
  decodeRoom,
  gateOf,
  type Room,
  type RoomCommit,
} from "@mirrorbook/rooms";
import type { RoomStore, StoredRoom } from "./ports.ts";

/** Loaded rooms beyond this are forgotten again when nothing is under way; their gates stay as they are. */
export const ROOMS_LOADED_MAX = 1_000;

export interface RoomDeskDeps {
  readonly store: RoomStore;
  readonly exchange: Exchange;
  /** Applies an input to the exchange; `null` when the term has ended. */
  readonly apply: (input: Input) => Outcome | null;
  readonly onCommit: (commit: RoomCommit) => void;
}

export class RoomDesk {
  readonly #deps: RoomDeskDeps;
  readonly #rooms = new Map<string, Room>();

  constructor(deps: RoomDeskDeps) {
    this.#deps = deps;
  }

  /** Takes over rooms as stored, and opens or closes their gates: a leader before may not have got to that. */
  load(stored: readonly StoredRoom[], atMs: number): void {
    for (const { roomId, ...fields } of stored) {
      const room = decodeRoom(roomId, fields);
      this.#rooms.set(roomId, room);
      if (room.core !== null) this.#deps.apply({ kind: "gate", ...gateOf(room), atMs });
    }
  }

  /** Rooms that `commands` need and that are not loaded. Their users are. */
  missing(commands: readonly StreamCommand[]): string[] {
    const named = new Set<string>();
    for (const { userId, body } of commands) {
      const roomId = isRoomCommand(body) ? body.roomId : this.#roomTradedIn(userId, body);
      if (roomId !== null && !this.#rooms.has(roomId)) named.add(roomId);
    }
    return [...named];
  }

  apply(command: Command<RoomCommandBody>, atMs: number): Answer<unknown> {
    const { exchange, onCommit } = this.#deps;
    const room = this.#rooms.get(command.body.roomId)!;
    const account = accountOfRoom(room.id);
    const isNew =
      command.body.type === "room:join" && !exchange.hasPortfolio(command.userId, account);
    if (isNew && !exchange.mayOpenPortfolio(command.userId)) {
      return { ok: false, error: refusal("LIMIT_EXCEEDED", "You are in too many rooms.") };
    }
    const bestBid = (symbol: string) => exchange.bestBid(symbol);
    const { commit, answer, effects } = applyRoomCommand(room, { command, atMs, bestBid });
    if (commit !== null) onCommit(commit);
    for (const effect of effects) {
      if (effect.kind === "gate") this.#deps.apply({ ...effect, atMs });
      else this.#applyToPortfolio(command, effect.userId, effect.body, atMs);
    }
    return answer;
  }

  /** Forgets rooms beyond the limit; only with nothing under way. */
  forgetIdle(): void {
    if (this.#rooms.size <= ROOMS_LOADED_MAX) return;
    for (const roomId of this.#rooms.keys()) this.#deps.store.forget(roomId);
    this.#rooms.clear();
  }

  /** The command's id makes the effect one of a kind for the exchange, whoever's portfolio it is. */
  #applyToPortfolio(
    { id, replyTo, requestId }: StreamCommand,
    userId: string,
    body: Command["body"],
    atMs: number,
  ): void {
    const command: Command = { id, userId, key: `room-${id}`, replyTo, requestId, body };
    this.#deps.apply({ kind: "command", command, atMs });
  }

  /** Only a portfolio that exists leads to its room: anybody can name an account. */
  #roomTradedIn(userId: string, body: Command["body"]): string | null {
    const account = "order" in body ? body.order.account : "account" in body ? body.account : null;
    const roomId = account === null ? null : roomOfAccount(account);
    if (roomId === null || !this.#deps.exchange.hasPortfolio(userId, account!)) return null;
    return roomId;
  }
}

/** Users whose state a command may change. */
export function usersNamedBy({ userId, body }: StreamCommand): string[] {
  const sender = userId === ROOM_SYSTEM ? [] : [userId];
  return body.type === "room:kick" ? [...sender, body.memberId] : sender;
}

/** Rooms that stored users have open orders in. */
export function roomsWithOrders(
  users: readonly { readonly fields: Readonly<Record<string, string>> }[],
): string[] {
  const rooms = new Set<string>();
  for (const { fields } of users) {
    for (const [field, text] of Object.entries(fields)) {
      if (!field.startsWith("order/") || !text.includes('"account":"room-')) continue;
      const { order } = JSON.parse(text) as { order: { account: string } };
      const roomId = roomOfAccount(order.account);
      if (roomId !== null) rooms.add(roomId);
    }
  }
  return [...rooms];
}
