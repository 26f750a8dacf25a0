import {
  type Command,
  ROOM_SYSTEM,
  type RoomCommandBody,
  type RoomCore,
  RoomRules,
} from "@mirrorbook/protocol";
import { applyRoomCommand, decodeRoom, type Room, type RoomOutcome } from "../src/index.ts";

export const START_MS = Date.UTC(2026, 0, 1);
export const ROOM = "cup";

export function rules(changes: Partial<RoomRules> = {}): RoomRules {
  return { ...RoomRules.parse({ name: "Cup", markets: ["BTCUSDT"] }), ...changes };
}

type Unnamed = RoomCommandBody extends infer B
  ? B extends unknown
    ? Omit<B, "roomId">
    : never
  : never;

/** One room, with commands in growing order, and the fields its commits add up to. */
export class RoomWorld {
  readonly room: Room = decodeRoom(ROOM, { version: 0, seq: 0, fields: {} });
  readonly fields: Record<string, string> = {};
  nowMs = START_MS;
  #commands = 0;

  send(userId: string, body: Unnamed, options: { key?: string; id?: string } = {}): RoomOutcome {
    const id = options.id ?? `${this.nowMs}-${++this.#commands}`;
    const command: Command<RoomCommandBody> = {
      id,
      userId,
      key: options.key ?? `key-${id}`,
      replyTo: "test",
      requestId: 0,
      body: { ...body, roomId: ROOM } as RoomCommandBody,
    };
    const outcome = applyRoomCommand(this.room, {
      command,
      atMs: this.nowMs,
      bestBid: (symbol) => (symbol === "BTCUSDT" ? "100" : null),
    });
    for (const [field, value] of outcome.commit?.changes ?? []) {
      if (value === null) delete this.fields[field];
      else this.fields[field] = value;
    }
    return outcome;
  }

  create(changes: Partial<RoomRules> = {}, code: string | null = null): RoomOutcome {
    return this.send("owner", { type: "room:create", rules: rules(changes), name: "Olga", code });
  }

  join(userId: string, code: string | null = null): RoomOutcome {
    return this.send(userId, { type: "room:join", name: userId, code });
  }

  move(name: "open" | "start" | "pause" | "resume" | "end" | "cancel", by = "owner"): RoomOutcome {
    return this.send(by, { type: `room:${name}` });
  }

  settle(finalHash = "0".repeat(64)): RoomOutcome {
    return this.send(ROOM_SYSTEM, { type: "room:settle", finalHash });
  }

  get core(): RoomCore {
    return this.room.core!;
  }
}

export function codeOf({ answer }: RoomOutcome): string {
  return answer.ok ? "ok" : answer.error.code;
}

export function eventsOf({ commit }: RoomOutcome): string[] {
  return commit?.events.map(([name]) => name) ?? [];
}
