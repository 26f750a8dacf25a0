/**
 * Makes one stream out of the same stream received over several connections ("lines").
 *
 *  A1  Each update id is passed on once, by whichever line brings it first, in order.
 *  A2  An event that reaches past a hole is held back while some line can still fill the hole. Each line is in order in
 *      itself, so one that has already brought a later event cannot.
 *  A3  When no line can, or the caller's patience ends, it is a gap, told together with the events that came after it.
 *  A4  A trade is passed on once, by its id; one that only a slower line has is passed on late rather than lost.
 *
 * Events may overlap: sizes are absolute, so an event that starts before what is known is passed on whole.
 */
import type { DepthEvent } from "@mirrorbook/book";

/** Events held back at most; a hole that stays open longer than this is a gap. */
export const HELD_EVENTS_MAX = 256;
/** Trade ids remembered as missing, per market; older ones are given up. */
export const MISSING_TRADES_MAX = 4096;

export type LineId = number;

export interface DepthArbiter {
  /** Last update id passed on; undefined until the first. */
  lastUpdateId: number | undefined;
  /** Held back, ordered by first id, all beyond a hole. */
  held: DepthEvent[];
  /** Open lines with the last update id each has brought. */
  readonly lines: Map<LineId, number>;
}

export type ArbiterStep =
  | { readonly kind: "pass"; readonly events: readonly DepthEvent[] }
  | { readonly kind: "duplicate" }
  | { readonly kind: "held" }
  /** `events` follow each other and are what there is after the hole; the stream goes on behind them. */
  | {
      readonly kind: "gap";
      readonly expected: number;
      readonly received: number;
      readonly events: readonly DepthEvent[];
    };

export function createDepthArbiter(): DepthArbiter {
  return { lastUpdateId: undefined, held: [], lines: new Map() };
}

export function openArbiterLine(arbiter: DepthArbiter, line: LineId): void {
  arbiter.lines.set(line, 0);
}

/** Forgets a closed line; what it might have filled may now be a gap. */
export function closeArbiterLine(arbiter: DepthArbiter, line: LineId): ArbiterStep {
  arbiter.lines.delete(line);
  return settle(arbiter);
}

/** Forgets everything but the lines: the next event opens a new stream. */
export function restartArbiter(arbiter: DepthArbiter): void {
  arbiter.lastUpdateId = undefined;
  arbiter.held = [];
}

/** Takes an event that `line` brought. */
export function arbitrateDepth(
  arbiter: DepthArbiter,
  line: LineId,
  event: DepthEvent,
): ArbiterStep {
  arbiter.lines.set(line, event.finalUpdateId);
  const last = arbiter.lastUpdateId;
  if (last === undefined) {
    arbiter.lastUpdateId = event.finalUpdateId;
    return { kind: "pass", events: [event] };
  }
  if (event.finalUpdateId <= last) return settle(arbiter, "duplicate");
  if (event.firstUpdateId > last + 1) hold(arbiter, event);
  else return pass(arbiter, event);
  return settle(arbiter);
}

/** Gives up waiting for a hole to be filled. */
export function giveUpHole(arbiter: DepthArbiter): ArbiterStep {
  if (arbiter.held.length === 0) return { kind: "pass", events: [] };
  const expected = arbiter.lastUpdateId! + 1;
  const received = arbiter.held[0]!.firstUpdateId;
  const events = lastRun(arbiter.held);
  arbiter.held = [];
  arbiter.lastUpdateId = events.at(-1)!.finalUpdateId;
  return { kind: "gap", expected, received, events };
}

function pass(arbiter: DepthArbiter, event: DepthEvent): ArbiterStep {
  const events = [event];
  let last = event.finalUpdateId;
  while (arbiter.held.length > 0 && arbiter.held[0]!.firstUpdateId <= last + 1) {
    const next = arbiter.held.shift()!;
    if (next.finalUpdateId <= last) continue;
    events.push(next);
    last = next.finalUpdateId;
  }
  arbiter.lastUpdateId = last;
  return { kind: "pass", events };
}

function hold(arbiter: DepthArbiter, event: DepthEvent): void {
  const at = arbiter.held.findIndex((other) => other.firstUpdateId >= event.firstUpdateId);
  const index = at < 0 ? arbiter.held.length : at;
  const same = arbiter.held[index];
  if (same?.firstUpdateId === event.firstUpdateId && same.finalUpdateId >= event.finalUpdateId) {
    return;
  }
  arbiter.held.splice(index, 0, event);
}

/** Decides whether the hole before the held events can still be filled. */
function settle(arbiter: DepthArbiter, otherwise: "held" | "duplicate" = "held"): ArbiterStep {
  if (arbiter.held.length === 0) {
    return otherwise === "duplicate" ? { kind: "duplicate" } : { kind: "pass", events: [] };
  }
  const canFill = [...arbiter.lines.values()].some((id) => id <= arbiter.lastUpdateId!);
  if (canFill && arbiter.held.length <= HELD_EVENTS_MAX) return { kind: otherwise };
  return giveUpHole(arbiter);
}

/** The events after the last hole among `events`. */
function lastRun(events: readonly DepthEvent[]): DepthEvent[] {
  let run: DepthEvent[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    if (event.finalUpdateId <= last) continue;
    if (event.firstUpdateId > last + 1) run = [];
    run.push(event);
    last = event.finalUpdateId;
  }
  return run;
}

export interface TradeArbiter {
  /** Highest trade id passed on; undefined until the first. */
  lastTradeId: number | undefined;
  /** Ids below that which no line has brought yet, oldest first. */
  readonly missing: Set<number>;
}

export function createTradeArbiter(): TradeArbiter {
  return { lastTradeId: undefined, missing: new Set() };
}

/** Tells whether a trade is new and is to be passed on. */
export function arbitrateTrade(arbiter: TradeArbiter, tradeId: number): boolean {
  const last = arbiter.lastTradeId;
  if (last !== undefined && tradeId <= last) return arbiter.missing.delete(tradeId);
  arbiter.lastTradeId = tradeId;
  if (last !== undefined) rememberMissing(arbiter.missing, last + 1, tradeId);
  return true;
}

function rememberMissing(missing: Set<number>, from: number, before: number): void {
  for (let id = Math.max(from, before - MISSING_TRADES_MAX); id < before; id++) missing.add(id);
  for (const oldest of missing) {
    if (missing.size <= MISSING_TRADES_MAX) break;
    missing.delete(oldest);
  }
}
