/**
 * Applies commands to a trade room. Pure but for the room itself, which its owner lent; time and prices come with the
 * command. A refusal changes nothing but the answer kept for a retry.
 *
 * 1. A command takes effect once: by its id when it is read again, by sender and key when it is sent again.
 * 2. Only a transition of the table moves a room, and each is told.
 * 3. Seats taken never exceed the member limit, and nothing is joined without the code of a room that has one.
 */
import { hash } from "node:crypto";
import { type Refusal, refusal } from "@mirrorbook/kernel";
import {
  type Answer,
  type Command,
  type FieldChange,
  ROOM_SYSTEM,
  type RoomCommandBody,
  type RoomCore,
  type RoomEvent,
  type RoomEventName,
  type RoomEvents,
  type RoomSeat,
  roomField,
  roomView,
  type TradeRoom,
} from "@mirrorbook/protocol";
import { effectsOf, type RoomEffect } from "./effects.ts";
import { compareIds, type Room, type RoomCommit } from "./room.ts";
import { TRANSITIONS, type Transition, transition } from "./transitions.ts";

/** First answers kept per room for retries; the oldest goes first. */
export const ANSWERS_KEPT_MAX = 256;
/** Seats of a room, those who left included: what a claim of the room reads. */
export const SEATS_MAX = 20_000;

export interface RoomInput {
  readonly command: Command<RoomCommandBody>;
  readonly atMs: number;
  /** What one could sell at now; `null` where there is no price. */
  readonly bestBid: (symbol: string) => string | null;
}

export interface RoomOutcome {
  /** `null` when nothing changed. */
  readonly commit: RoomCommit | null;
  readonly answer: Answer<{ readonly room: TradeRoom }>;
  /** To be carried out in this order, also when nothing changed. */
  readonly effects: readonly RoomEffect[];
}

export function applyRoomCommand(room: Room, input: RoomInput): RoomOutcome {
  const { command } = input;
  const earlier = earlierAnswer(room, command);
  if (earlier !== undefined) {
    return {
      commit: null,
      answer: earlier,
      effects: effectsOf(room, command.userId, command.body),
    };
  }
  const step = new Step(room, input);
  const error = step.apply();
  const answer: RoomOutcome["answer"] =
    error === null ? { ok: true, value: { room: roomView(room.core!) } } : { ok: false, error };
  const effects = error === null ? effectsOf(room, command.userId, command.body) : [];
  return { commit: step.finish(answer), answer, effects };
}

function earlierAnswer(room: Room, command: Command<RoomCommandBody>) {
  const kept = room.answers.get(roomField.answer(command.userId, command.key));
  const isReread = room.core !== null && compareIds(command.id, room.core.lastCommandId) <= 0;
  if (kept !== undefined && kept.bodyHash === bodyHash(command.body)) {
    return kept.answer.ok ? ({ ...kept.answer, replayed: true } as const) : kept.answer;
  }
  if (isReread) {
    const text = "Applied before; its answer is no longer kept.";
    return { ok: false, error: refusal("OUTCOME_UNKNOWN", text) } as const;
  }
  if (kept === undefined) return undefined;
  const text = `The id ${command.key} was used for another command.`;
  return { ok: false, error: refusal("COMMAND_ID_REUSED", text) } as const;
}

function bodyHash(body: RoomCommandBody): string {
  return hash("sha256", JSON.stringify(body), "base64url");
}

/** One command being applied. Everything is checked before anything changes. */
class Step {
  readonly #room: Room;
  readonly #input: RoomInput;
  readonly #lastSeq: number;
  readonly #events: RoomEvent[] = [];
  readonly #seats = new Set<RoomSeat>();

  constructor(room: Room, input: RoomInput) {
    this.#room = room;
    this.#input = input;
    this.#lastSeq = room.seq;
  }

  /** Why it is refused; `null` when it is done. */
  apply(): Refusal | null {
    const { body, userId } = this.#input.command;
    if (body.type === "room:create") return this.#create(body);
    const { core } = this.#room;
    const isHidden = core?.status === "draft" && userId !== core.ownerId && userId !== ROOM_SYSTEM;
    if (core === null || isHidden) return refusal("UNKNOWN_ROOM", `No room ${this.#room.id}.`);
    switch (body.type) {
      case "room:edit":
        return this.#edit(core, body);
      case "room:join":
        return this.#join(core, body);
      case "room:leave":
        return this.#leave(core);
      case "room:kick":
        return this.#kick(core, body.memberId);
      default:
        return this.#move(core, body);
    }
  }

  finish(answer: RoomOutcome["answer"]): RoomCommit | null {
    const { core } = this.#room;
    if (core === null) return null;
    const { command } = this.#input;
    this.#set({ lastCommandId: command.id });
    const changes: FieldChange[] = [
      [roomField.core, JSON.stringify(this.#room.core)],
      [roomField.status, this.#room.core!.status],
      ...Array.from(this.#seats, (seat): FieldChange => {
        return [roomField.seat(seat.userId), JSON.stringify(seat)];
      }),
    ];
    if (answer.ok || !answer.error.retry) changes.push(...this.#keep(answer));
    return {
      roomId: this.#room.id,
      createdAtMs: core.createdAtMs,
      version: this.#room.version++,
      lastSeq: this.#lastSeq,
      changes,
      events: this.#events,
    };
  }

  #keep(answer: RoomOutcome["answer"]): FieldChange[] {
    const { userId, key, id, body } = this.#input.command;
    const { answers } = this.#room;
    const field = roomField.answer(userId, key);
    const kept = { commandId: id, bodyHash: bodyHash(body), answer };
    answers.set(field, kept);
    const changes: FieldChange[] = [[field, JSON.stringify(kept)]];
    if (answers.size <= ANSWERS_KEPT_MAX) return changes;
    const [oldest] = answers.keys();
    answers.delete(oldest!);
    return [...changes, [oldest!, null]];
  }

  #create({ rules, code, name }: Extract<RoomCommandBody, { type: "room:create" }>) {
    const { command, atMs } = this.#input;
    if (this.#room.core !== null) return refusal("NAME_TAKEN", "The room exists already.");
    if (rules.visibility === "code" && code === null) {
      return refusal("BAD_REQUEST", "A room by invitation needs a code.");
    }
    this.#room.core = {
      id: this.#room.id,
      ownerId: command.userId,
      status: "draft",
      rules,
      code: rules.visibility === "code" ? code : null,
      members: 0,
      createdAtMs: atMs,
      startedAtMs: null,
      endsAtMs: null,
      endedAtMs: null,
      marks: null,
      finalHash: null,
      lastCommandId: "0-0",
    };
    this.#tell("room:state_changed", { userId: command.userId, name });
    return null;
  }

  #edit(core: RoomCore, { rules }: Extract<RoomCommandBody, { type: "room:edit" }>) {
    const refused = this.#checkOwner(core);
    if (refused !== null) return refused;
    if (core.status !== "draft") return refusal("ROOM_STATE", "Only a draft can be edited.");
    if (rules.visibility === "code" && core.code === null) {
      return refusal("BAD_REQUEST", "A public draft cannot become one by invitation.");
    }
    this.#set({ rules, code: rules.visibility === "code" ? core.code : null });
    this.#tell("room:state_changed");
    return null;
  }

  #move(core: RoomCore, body: RoomCommandBody): Refusal | null {
    const name = body.type.slice("room:".length) as Transition;
    const refused = this.#checkMayMove(core, name);
    if (refused !== null) return refused;
    const outcome = transition(name, core.status);
    if (outcome.kind === "refused") return outcome.error;
    if (outcome.kind === "already") return null;
    if (name === "start" && (core.rules.endsAtMs ?? Infinity) <= this.#input.atMs) {
      return refusal("ROOM_STATE", "The room's end has passed already.");
    }
    this.#set({ ...this.#changesOf(core, name, body), status: outcome.to });
    this.#tell("room:state_changed");
    if (name === "start") this.#tell("room:started");
    if (outcome.to === "ended") this.#tell("room:ended");
    return null;
  }

  /** What else a transition sets. */
  #changesOf(core: RoomCore, name: Transition, body: RoomCommandBody): Partial<RoomCore> {
    const { atMs } = this.#input;
    switch (name) {
      case "start": {
        const { endsAtMs, durationMs } = core.rules;
        return {
          startedAtMs: atMs,
          endsAtMs: endsAtMs ?? (durationMs === null ? null : atMs + durationMs),
        };
      }
      case "end":
        return { endedAtMs: atMs, marks: this.#marks(core) };
      case "settle":
        return { finalHash: (body as { finalHash: string }).finalHash };
      default:
        return {};
    }
  }

  #marks(core: RoomCore): Record<string, string> {
    const marks: Record<string, string> = {};
    for (const symbol of core.rules.markets) {
      const bid = this.#input.bestBid(symbol);
      if (bid !== null) marks[symbol] = bid;
    }
    return marks;
  }

  #join(core: RoomCore, { name, code }: Extract<RoomCommandBody, { type: "room:join" }>) {
    const { userId } = this.#input.command;
    const seat = this.#room.seats.get(userId);
    if (seat?.status === "joined") return null;
    if (!["open", "running", "paused"].includes(core.status)) {
      return refusal("ROOM_STATE", `A room that is ${core.status} cannot be joined.`);
    }
    if (seat?.status === "removed") return refusal("FORBIDDEN", "You were removed from this room.");
    if (core.code !== null && code !== core.code && userId !== core.ownerId) {
      return refusal("FORBIDDEN", "This room is joined by its code.");
    }
    const { memberLimit } = core.rules;
    const isCrowded = seat === undefined && this.#room.seats.size >= SEATS_MAX;
    if (core.members >= memberLimit || isCrowded) {
      return refusal("ROOM_FULL", `The room has its ${memberLimit} members.`);
    }
    const joinedAtMs = seat?.joinedAtMs ?? this.#input.atMs;
    this.#seat({ userId, name, status: "joined", joinedAtMs });
    this.#set({ members: core.members + 1 });
    this.#tell("room:member_joined", { userId, name });
    return null;
  }

  #leave(core: RoomCore) {
    return this.#vacate(core, this.#input.command.userId, "left");
  }

  #kick(core: RoomCore, memberId: string) {
    return this.#checkOwner(core) ?? this.#vacate(core, memberId, "removed");
  }

  #vacate(core: RoomCore, userId: string, status: "left" | "removed"): Refusal | null {
    const seat = this.#room.seats.get(userId);
    if (seat?.status === status) return null;
    if (seat === undefined || seat.status === "removed") {
      return refusal("NOT_FOUND", "Not a member of this room.");
    }
    if (core.status === "settling" || core.status === "ended") {
      return refusal("ROOM_STATE", "The room is over; its members stay.");
    }
    const wasJoined = seat.status === "joined";
    this.#seat({ ...seat, status });
    if (!wasJoined) return null;
    this.#set({ members: core.members - 1 });
    this.#tell("room:member_left", { userId, name: seat.name });
    return null;
  }

  #checkOwner(core: RoomCore): Refusal | null {
    return this.#input.command.userId === core.ownerId
      ? null
      : refusal("FORBIDDEN", "Only the room's owner may do this.");
  }

  #checkMayMove(core: RoomCore, name: Transition): Refusal | null {
    const isSystem = this.#input.command.userId === ROOM_SYSTEM;
    const { by } = TRANSITIONS[name];
    if (by === "system") return isSystem ? null : refusal("FORBIDDEN", "The exchange does this.");
    return isSystem && by === "owner or system" ? null : this.#checkOwner(core);
  }

  #set(changes: Partial<RoomCore>): void {
    this.#room.core = { ...this.#room.core!, ...changes };
  }

  #seat(seat: RoomSeat): void {
    this.#room.seats.set(seat.userId, seat);
    this.#seats.add(seat);
  }

  #tell<N extends RoomEventName & `room:${string}`>(
    name: N,
    member?: RoomEvents[N]["member"],
  ): void {
    const { atMs } = this.#input;
    const payload = {
      seq: ++this.#room.seq,
      timestamp: new Date(atMs).toISOString(),
      room: roomView(this.#room.core!),
      ...(member === undefined ? {} : { member }),
    };
    this.#events.push([name, payload] as unknown as RoomEvent);
  }
}
