/** What the form of a room holds, and the rules it stands for. Pure; amounts are exact decimal text throughout. */
import { Amount } from "@mirrorbook/kernel";
import type { NewRoom, RoomMetric, RoomView } from "@mirrorbook/protocol";
import { isPositive } from "../ticket/order-draft.ts";

export interface RoomDraft {
  readonly name: string;
  /** Symbols. */
  readonly markets: readonly string[];
  readonly startingCash: string;
  readonly memberLimit: string;
  readonly start: "owner" | "time";
  /** Local date and time as an input gives it. */
  readonly startsAt: string;
  readonly end: "duration" | "time" | "owner";
  readonly durationMinutes: string;
  readonly endsAt: string;
  readonly visibility: RoomView["visibility"];
  readonly metric: RoomMetric;
  readonly endRule: RoomView["endRule"];
  readonly fees: "venue" | "none" | "own";
  /** Per cent of the value. */
  readonly makerFee: string;
  readonly takerFee: string;
  readonly fillModel: RoomView["fillModel"];
  readonly heldScope: RoomView["heldScope"];
  readonly latency: "none" | "constant" | "sampled";
  readonly latencyMs: string;
  readonly latencyMaxMs: string;
}

export const DURATIONS_MIN = [5, 15, 60, 240, 1_440, 10_080] as const;
const DURATION_MAX_MIN = 90 * 1_440;
const MEMBERS_MAX = 10_000;
const LATENCY_MAX_MS = 10_000;
const MARKETS_MAX = 20;
const NAME_MAX = 80;

export function emptyDraft(name: string, markets: readonly string[]): RoomDraft {
  return {
    name,
    markets: markets.slice(0, MARKETS_MAX),
    startingCash: "100000",
    memberLimit: "100",
    start: "owner",
    startsAt: "",
    end: "duration",
    durationMinutes: "60",
    endsAt: "",
    visibility: "public",
    metric: "return",
    endRule: "mark",
    fees: "venue",
    makerFee: "0.1",
    takerFee: "0.1",
    fillModel: "queue",
    heldScope: "account",
    latency: "none",
    latencyMs: "50",
    latencyMaxMs: "200",
  };
}

/** The form for a room that exists, to change its rules. */
export function draftOf(room: RoomView): RoomDraft {
  const { makerFeeRate, takerFeeRate, latency } = room;
  const isFree = makerFeeRate !== null && Number(makerFeeRate) + Number(takerFeeRate ?? 1) === 0;
  const percent = (rate: string | null) => new Amount(rate ?? "0.001").times(100).toString();
  return {
    ...emptyDraft(room.name, room.markets),
    startingCash: room.startingCash,
    memberLimit: String(room.memberLimit),
    start: room.startsAt === null ? "owner" : "time",
    startsAt: room.startsAt === null ? "" : localText(new Date(room.startsAt)),
    end: room.durationMs !== null ? "duration" : room.endsAt === null ? "owner" : "time",
    durationMinutes: String((room.durationMs ?? 3_600_000) / 60_000),
    endsAt: room.endsAt === null ? "" : localText(new Date(room.endsAt)),
    visibility: room.visibility,
    metric: room.metric,
    endRule: room.endRule,
    fees: makerFeeRate === null && takerFeeRate === null ? "venue" : isFree ? "none" : "own",
    makerFee: percent(makerFeeRate),
    takerFee: percent(takerFeeRate),
    fillModel: room.fillModel,
    heldScope: room.heldScope,
    latency: latency?.kind ?? "none",
    latencyMs: String(latency?.kind === "sampled" ? latency.minMs : (latency?.ms ?? 50)),
    latencyMaxMs: String(latency?.kind === "sampled" ? latency.maxMs : 200),
  };
}

export type RoomField = keyof RoomDraft;

export type DraftResult =
  | { readonly kind: "rules"; readonly rules: NewRoom }
  | { readonly kind: "incomplete"; readonly field: RoomField; readonly problem: string };

/** The rules a form stands for, or what it still lacks. The server has the last word. */
export function roomRules(draft: RoomDraft, now = new Date()): DraftResult {
  const problem = CHECKS.map((check) => check(draft, now)).find((found) => found !== null);
  if (problem) return { kind: "incomplete", field: problem[0], problem: problem[1] };
  const startsAtMs = draft.start === "time" ? Date.parse(draft.startsAt) : null;
  const endsAtMs = draft.end === "time" ? Date.parse(draft.endsAt) : null;
  const durationMs = draft.end === "duration" ? Number(draft.durationMinutes) * 60_000 : null;
  const lengthMs =
    durationMs ?? (endsAtMs === null ? null : endsAtMs - (startsAtMs ?? now.getTime()));
  return {
    kind: "rules",
    rules: {
      name: draft.name.trim(),
      markets: [...draft.markets],
      startingCash: plain(draft.startingCash),
      memberLimit: Number(draft.memberLimit),
      startsAtMs,
      endsAtMs,
      durationMs,
      visibility: draft.visibility,
      metric: draft.metric,
      endRule: draft.endRule,
      ...feesOf(draft),
      fillModel: draft.fillModel,
      heldScope: draft.heldScope,
      latency: latencyOf(draft),
      snapshotEveryMs: snapshotEveryMs(lengthMs),
    },
  };
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 300, 900, 3_600];
/** Points of a curve: more than a screen is wide are of no use, and the ratios have enough. */
const SNAPSHOTS_WANTED = 720;
/** Without an end: the curves reach back more than a day. */
const OPEN_END_STEP_MS = 60_000;

/** Interval of the equity snapshots for a room of this length; `null`: without an end. */
export function snapshotEveryMs(lengthMs: number | null): number {
  if (lengthMs === null) return OPEN_END_STEP_MS;
  const step = STEPS_S.find((seconds) => lengthMs / (seconds * 1000) <= SNAPSHOTS_WANTED);
  return (step ?? STEPS_S.at(-1)!) * 1000;
}

type Check = (draft: RoomDraft, now: Date) => readonly [RoomField, string] | null;

const CHECKS: readonly Check[] = [
  ({ name }) =>
    name.trim() === "" || name.trim().length > NAME_MAX
      ? ["name", `Give it a name of up to ${NAME_MAX} letters`]
      : null,
  ({ markets }) =>
    markets.length === 0 || markets.length > MARKETS_MAX
      ? ["markets", `Choose one to ${MARKETS_MAX} markets`]
      : null,
  ({ startingCash }) =>
    isPositive(startingCash) ? null : ["startingCash", "Starting cash is a number above zero"],
  ({ memberLimit }) =>
    isWhole(memberLimit, 1, MEMBERS_MAX)
      ? null
      : ["memberLimit", `Members are between 1 and ${MEMBERS_MAX.toLocaleString("en-US")}`],
  ({ start, startsAt }, now) =>
    start === "time" && !(Date.parse(startsAt) > now.getTime())
      ? ["startsAt", "Start at a moment to come"]
      : null,
  ({ end, durationMinutes }) =>
    end === "duration" && !isWhole(durationMinutes, 1, DURATION_MAX_MIN)
      ? ["durationMinutes", "It lasts between 1 minute and 90 days"]
      : null,
  ({ end, endsAt, start, startsAt }, now) => {
    const from = start === "time" ? Date.parse(startsAt) : now.getTime();
    return end === "time" && !(Date.parse(endsAt) > from)
      ? ["endsAt", "End at a moment after the start"]
      : null;
  },
  ({ fees, makerFee }) => (fees === "own" ? feeProblem("makerFee", makerFee) : null),
  ({ fees, takerFee }) => (fees === "own" ? feeProblem("takerFee", takerFee) : null),
  ({ latency, latencyMs }) =>
    latency !== "none" && !isWhole(latencyMs, 0, LATENCY_MAX_MS)
      ? ["latencyMs", `Latency is between 0 and ${LATENCY_MAX_MS} ms`]
      : null,
  ({ latency, latencyMs, latencyMaxMs }) =>
    latency === "sampled" && !isWhole(latencyMaxMs, Number(latencyMs), LATENCY_MAX_MS)
      ? ["latencyMaxMs", `The most is between the least and ${LATENCY_MAX_MS} ms`]
      : null,
];

function feeProblem(field: "makerFee" | "takerFee", text: string) {
  const percent = Number(text);
  const isFee = /^\d+(\.\d{1,6})?$/.test(text) && percent < 100;
  return isFee ? null : ([field, "A fee is a share of the value, in per cent"] as const);
}

function feesOf({ fees, makerFee, takerFee }: RoomDraft) {
  if (fees === "venue") return { makerFeeRate: null, takerFeeRate: null };
  if (fees === "none") return { makerFeeRate: "0", takerFeeRate: "0" };
  const rate = (percent: string) => new Amount(percent).div(100).toString();
  return { makerFeeRate: rate(makerFee), takerFeeRate: rate(takerFee) };
}

function latencyOf({ latency, latencyMs, latencyMaxMs }: RoomDraft): NewRoom["latency"] {
  const ms = Number(latencyMs);
  if (latency === "none") return null;
  return latency === "constant"
    ? { kind: "constant", ms }
    : { kind: "sampled", minMs: ms, maxMs: Number(latencyMaxMs) };
}

function isWhole(text: string, min: number, max: number): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max;
}

const plain = (text: string) => new Amount(text.trim().replaceAll(",", "")).toString();

/** As an input for date and time wants it, in the visitor's own clock. */
export function localText(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
