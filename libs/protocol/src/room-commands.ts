/**
 * Commands of trade rooms, and the rules a room is made with. They travel in the same stream as orders, so a room and
 * its members' trading have one order. A command names a member's or the owner's wish; `ROOM_SYSTEM` is the worker.
 */
import { z } from "zod";
import { ClientOrderId, PositiveDecimal, SafeId, SignedDecimal } from "./text.ts";
import type { TradeRoom } from "./trade-rooms.ts";

/** The worker's name as the sender of commands. It is no `SafeId`, so no token can carry it. */
export const ROOM_SYSTEM = "#system";

export const ROOM_MEMBERS_MAX = 10_000;
export const ROOM_MARKETS_MAX = 20;
const ROOM_DURATION_MAX_MS = 90 * 24 * 3_600_000;
const LATENCY_MAX_MS = 10_000;

/** What a room ranks by. A smaller `max_drawdown` is better; of the others more is. */
export const RoomMetric = z.enum([
  "return",
  "realized_pnl",
  "sharpe",
  "sortino",
  "max_drawdown",
  "calmar",
]);
export type RoomMetric = z.infer<typeof RoomMetric>;

const FeeRate = z
  .string()
  .regex(/^0(?:\.\d{1,8})?$/, "must be a share such as 0.001")
  .nullable();
const Latency = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), ms: z.int().min(0).max(LATENCY_MAX_MS) }),
  z
    .strictObject({
      kind: z.literal("sampled"),
      minMs: z.int().min(0).max(LATENCY_MAX_MS),
      maxMs: z.int().min(0).max(LATENCY_MAX_MS),
    })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, "minMs must not be above maxMs"),
]);

const rules = {
  name: z.string().trim().min(1).max(80),
  /** Symbols; members trade these and no others. */
  markets: z.array(z.string().min(1).max(32)).min(1).max(ROOM_MARKETS_MAX),
  /** SIM_USD of each member. */
  startingCash: PositiveDecimal.default("100000"),
  memberLimit: z.int().min(1).max(ROOM_MEMBERS_MAX).default(100),
  /** Shares of the value; `null`: the venue's. */
  makerFeeRate: FeeRate.default(null),
  takerFeeRate: FeeRate.default(null),
  fillModel: z.enum(["queue", "touch", "cross"]).default("queue"),
  /** `account`: the members share a book of their own, whatever others take of the market. */
  heldScope: z.enum(["global", "account"]).default("account"),
  latency: Latency.nullable().default(null),
  metric: RoomMetric.default("return"),
  /** What becomes of positions at the end: valued at the best bid, or sold at the book. */
  endRule: z.enum(["mark", "liquidate"]).default("mark"),
  visibility: z.enum(["public", "code"]).default("public"),
  /** Starts by itself then; without it the owner starts it. */
  startsAtMs: z.int().positive().nullable().default(null),
  /** Ends then; without it `durationMs` after the start; without both when the owner ends it. Pauses do not move it. */
  endsAtMs: z.int().positive().nullable().default(null),
  durationMs: z.int().min(1_000).max(ROOM_DURATION_MAX_MS).nullable().default(null),
  /** Interval of the equity snapshots that drawdown and ratios are computed from. */
  snapshotEveryMs: z.int().min(1_000).max(3_600_000).default(10_000),
};
type Times = {
  startsAtMs: number | null;
  endsAtMs: number | null;
  durationMs: number | null;
};
const endsAfterStart = ({ startsAtMs, endsAtMs }: Times) =>
  startsAtMs === null || endsAtMs === null || endsAtMs > startsAtMs;
const endsOneWay = ({ endsAtMs, durationMs }: Times) => endsAtMs === null || durationMs === null;

/** Body of `POST /api/rooms` and `PUT /api/rooms/:id`; the latter replaces the rules of a draft. */
export const RoomRules = z
  .strictObject({ ...rules, commandId: ClientOrderId.optional() })
  .refine(endsAfterStart, "endsAtMs must be after startsAtMs")
  .refine(endsOneWay, "give endsAtMs or durationMs, not both")
  .transform(({ commandId: _, ...kept }) => kept);
export type RoomRules = z.infer<typeof RoomRules>;
/** As a client writes them: what has a default may be left out. */
export type NewRoom = z.input<typeof RoomRules>;

export const JoinRoom = z.strictObject({
  name: z.string().trim().min(1).max(40).optional(),
  code: SafeId.optional(),
});

/** A portfolio's result once a room has settled it. */
export const FinalHash = z.string().regex(/^[0-9a-f]{64}$/);

export type RoomCommandBody =
  | {
      readonly type: "room:create";
      readonly roomId: string;
      readonly rules: RoomRules;
      /** The owner's name, as shown. */
      readonly name: string;
      /** What must be shown to join; `null` in a public room. */
      readonly code: string | null;
    }
  | { readonly type: "room:edit"; readonly roomId: string; readonly rules: RoomRules }
  | { readonly type: RoomTransitionType; readonly roomId: string }
  /** Takes a seat, and opens the portfolio: two steps, see ADR 0011. */
  | {
      readonly type: "room:join";
      readonly roomId: string;
      readonly name: string;
      readonly code: string | null;
    }
  | { readonly type: "room:leave"; readonly roomId: string }
  | { readonly type: "room:kick"; readonly roomId: string; readonly memberId: string }
  /** From the worker, once every portfolio is settled and the ranking is frozen: what it hashes to. */
  | { readonly type: "room:settle"; readonly roomId: string; readonly finalHash: string };

export type RoomTransitionType =
  | "room:open"
  | "room:start"
  | "room:pause"
  | "room:resume"
  | "room:end"
  | "room:cancel";

export type RoomCommandType = RoomCommandBody["type"];
export type RoomCommandAnswers = { readonly [T in RoomCommandType]: { readonly room: TradeRoom } };

export function isRoomCommand<T extends { readonly type: string }>(
  body: T | RoomCommandBody,
): body is RoomCommandBody {
  return body.type.startsWith("room:");
}

/** Best bid by symbol, decimal text: what positions were valued at when a room ended. */
export const RoomMarks = z.record(z.string(), SignedDecimal);
export type RoomMarks = Readonly<Record<string, string>>;
