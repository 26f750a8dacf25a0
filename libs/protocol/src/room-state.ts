/**
 * A trade room as the leader keeps it in one Redis hash (`room:{R}:state`), and as gateways and workers read it. Every
 * field is JSON text but `status`, which scripts compare.
 */
import type { RoomMarks, RoomRules } from "./room-commands.ts";
import { accountOfRoom, type RoomStatus, type TradeRoom } from "./trade-rooms.ts";

export const roomField = {
  /** `RoomCore` */
  core: "core",
  /** `RoomStatus`, bare: writers of snapshots and rankings go on only while it is what they saw. */
  status: "status",
  /** `RoomSeat`; those who left or were removed keep theirs, so that they are known when they come again. */
  seat: (userId: string) => `seat/${userId}`,
  /** First answers by sender and key, bounded. */
  answer: (userId: string, key: string) => `answer/${userId}/${key}`,
} as const;

export interface RoomCore {
  readonly id: string;
  readonly ownerId: string;
  readonly status: RoomStatus;
  readonly rules: RoomRules;
  /** Secret of a room with visibility `code`; shown to its owner only. */
  readonly code: string | null;
  /** Seats taken now. */
  readonly members: number;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  /** When it ends by itself; known from the start on. */
  readonly endsAtMs: number | null;
  /** When trading ended. */
  readonly endedAtMs: number | null;
  /** What positions are valued at in the final ranking; set when trading ends. */
  readonly marks: RoomMarks | null;
  readonly finalHash: string | null;
  readonly lastCommandId: string;
}

export interface RoomSeat {
  readonly userId: string;
  readonly name: string;
  readonly status: "joined" | "left" | "removed";
  readonly joinedAtMs: number;
}

export interface StoredRoom {
  readonly core: RoomCore;
  readonly seats: readonly RoomSeat[];
}

/** Reads a room's hash; `null` when there is no such room. */
export function readRoomState(fields: Readonly<Record<string, string>>): StoredRoom | null {
  const core = fields[roomField.core];
  if (core === undefined) return null;
  const seats: RoomSeat[] = [];
  for (const [field, text] of Object.entries(fields)) {
    if (field.startsWith("seat/")) seats.push(JSON.parse(text));
  }
  return { core: JSON.parse(core), seats };
}

/** What everyone who may see a room is told of it: with all its rules, more than `TradeRoom` insists on. */
export type RoomView = ReturnType<typeof roomView>;

export function roomView(core: RoomCore) {
  const { rules, startedAtMs, endsAtMs } = core;
  return {
    id: core.id,
    account: accountOfRoom(core.id),
    name: rules.name,
    status: core.status,
    startsAt: timeText(startedAtMs ?? rules.startsAtMs),
    endsAt: timeText(endsAtMs ?? rules.endsAtMs),
    endedAt: timeText(core.endedAtMs),
    createdAt: timeText(core.createdAtMs),
    ownerId: core.ownerId,
    members: core.members,
    memberLimit: rules.memberLimit,
    markets: rules.markets,
    startingCash: rules.startingCash,
    metric: rules.metric,
    endRule: rules.endRule,
    visibility: rules.visibility,
    durationMs: rules.durationMs,
    snapshotEveryMs: rules.snapshotEveryMs,
    makerFeeRate: rules.makerFeeRate,
    takerFeeRate: rules.takerFeeRate,
    fillModel: rules.fillModel,
    heldScope: rules.heldScope,
    latency: rules.latency,
    finalHash: core.finalHash,
  } satisfies TradeRoom;
}

function timeText(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
