/**
 * Keeps several connections open that all bring the streams of one group of symbols.
 *
 *  L1  A line that ends is reopened at once; only repeated failures wait, longer each time.
 *  L2  A line that is old, announced to be shut down, stalled or silent is replaced by opening its successor first and
 *      closing it when the successor has brought its first message.
 *  L3  For their age, lines are replaced one after the other, never two at a time.
 */
import type { Clock } from "@mirrorbook/kernel";
import type { Line, OpenLine } from "./binance-library.ts";
import type { FeedOptions } from "./options.ts";

export interface LineEvents {
  lineOpened(id: number): void;
  /** Also for a line that was replaced on purpose. */
  lineClosed(id: number, reason: string): void;
  /** Returns whether this was news: nothing that another line had brought before. */
  message(id: number, message: unknown): boolean;
}

export interface LineGroupDeps {
  readonly streams: readonly string[];
  readonly openLine: OpenLine;
  readonly clock: Clock;
  readonly options: Pick<
    FeedOptions,
    "linesPerGroup" | "rotateAfterMs" | "lineStallMs" | "lineSilentMs" | "connectTimeoutMs"
  >;
  readonly events: LineEvents;
  /** Ids are unique over all groups and all time. */
  readonly nextId: () => number;
}

const RETRY_FIRST_MS = 250;
/** Two lines each of two leaders at one address: 240 of the 300 new connections that Binance allows in 5 minutes. */
const RETRY_LONGEST_MS = 5_000;
/** A line that lived this long proves that connecting works: what comes next is the first failure again. */
const STABLE_AFTER_MS = 5_000;
/** The successor of a quiet line may not bring a message for long; staying open for this long will do. */
const SUCCESSOR_PROVEN_MS = 2_000;
/** Binance allows 300 new connections in 5 minutes: markets that stay stale must not use them up. */
const REPLACE_AGAIN_AFTER_MS = 10_000;

interface LineState {
  readonly id: number;
  readonly line: Line;
  readonly createdAtMs: number;
  openedAtMs: number | undefined;
  heard: boolean;
  /** Since when another line has brought news and this one has not brought anything. */
  behindSinceMs: number | undefined;
  bytes: number;
  lastByteAtMs: number;
}

/** The place of one line; while it is being replaced, its successor stands beside it. */
interface Slot {
  current: LineState | undefined;
  successor: LineState | undefined;
  replaceReason: string;
  failures: number;
  retryAtMs: number;
}

export class LineGroup {
  readonly #deps: LineGroupDeps;
  readonly #slots: Slot[];
  #stopped = false;

  constructor(deps: LineGroupDeps) {
    this.#deps = deps;
    this.#slots = Array.from({ length: deps.options.linesPerGroup }, () => ({
      current: undefined,
      successor: undefined,
      replaceReason: "",
      failures: 0,
      retryAtMs: 0,
    }));
  }

  /** Looks after every line; to be called many times a second. */
  pulse(nowMs: number): void {
    for (const slot of this.#slots) {
      this.#endOverdueHandshakes(slot, nowMs);
      const reason = this.#reasonToReplace(slot, nowMs);
      if (reason !== undefined) this.#replace(slot, reason, nowMs);
      this.#promoteProven(slot, nowMs);
      if (slot.current === undefined) slot.current = this.#connect(slot, nowMs);
    }
  }

  /** Binance announced on line `id` that it will end soon. */
  shutdownAnnounced(id: number): void {
    const slot = this.#slots.find(({ current }) => current?.id === id);
    if (slot === undefined) return;
    this.#replace(slot, "the server announced its shutdown", this.#deps.clock.monotonicMs());
  }

  /** Replaces every line that is not brand-new, since some market gets nothing from any of them. */
  replaceAll(reason: string): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const slot of this.#slots) {
      const openedAtMs = slot.current?.openedAtMs;
      if (openedAtMs === undefined || nowMs - openedAtMs < REPLACE_AGAIN_AFTER_MS) continue;
      this.#replace(slot, reason, nowMs);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { current, successor } of this.#slots) {
      current?.line.close();
      successor?.line.close();
    }
  }

  #connect(slot: Slot, nowMs: number): LineState | undefined {
    if (this.#stopped || nowMs < slot.retryAtMs) return undefined;
    const id = this.#deps.nextId();
    const line = this.#deps.openLine(this.#deps.streams, {
      onOpen: () => this.#opened(slot, id),
      onMessage: (message) => this.#heard(slot, id, message),
      onEnd: (reason) => this.#ended(slot, id, reason),
    });
    return {
      id,
      line,
      createdAtMs: nowMs,
      openedAtMs: undefined,
      heard: false,
      behindSinceMs: undefined,
      bytes: 0,
      lastByteAtMs: nowMs,
    };
  }

  #opened(slot: Slot, id: number): void {
    const state = lineOf(slot, id);
    if (state === undefined) return;
    state.openedAtMs = this.#deps.clock.monotonicMs();
    state.lastByteAtMs = state.openedAtMs;
    this.#deps.events.lineOpened(id);
  }

  #heard(slot: Slot, id: number, message: unknown): void {
    const state = lineOf(slot, id);
    if (state === undefined) return;
    state.heard = true;
    state.behindSinceMs = undefined;
    if (!this.#deps.events.message(id, message)) return;
    const nowMs = this.#deps.clock.monotonicMs();
    for (const { current } of this.#slots) {
      if (current !== undefined && current !== state && current.openedAtMs !== undefined) {
        current.behindSinceMs ??= nowMs;
      }
    }
  }

  /** A line ended by itself, or was given up while it was being opened. */
  #ended(slot: Slot, id: number, reason: string): void {
    const state = lineOf(slot, id);
    if (state === undefined) return;
    const nowMs = this.#deps.clock.monotonicMs();
    const lived = state.openedAtMs === undefined ? 0 : nowMs - state.openedAtMs;
    if (lived >= STABLE_AFTER_MS) slot.failures = 0;
    slot.retryAtMs = nowMs + retryDelayMs(slot.failures);
    slot.failures++;
    if (slot.current === state) {
      slot.current = slot.successor;
      slot.successor = undefined;
    } else {
      slot.successor = undefined;
    }
    this.#deps.events.lineClosed(id, reason);
    // No need to wait for the next pulse when it is the first failure.
    if (slot.current === undefined) slot.current = this.#connect(slot, nowMs);
  }

  #endOverdueHandshakes(slot: Slot, nowMs: number): void {
    const { connectTimeoutMs } = this.#deps.options;
    for (const state of [slot.current, slot.successor]) {
      if (state === undefined || state.openedAtMs !== undefined) continue;
      if (nowMs - state.createdAtMs < connectTimeoutMs) continue;
      state.line.close();
      this.#ended(slot, state.id, `no connection within ${connectTimeoutMs} ms`);
    }
  }

  #reasonToReplace({ current, successor }: Slot, nowMs: number): string | undefined {
    if (current?.openedAtMs === undefined || successor !== undefined) return undefined;
    const bytes = current.line.bytesReceived();
    if (bytes !== current.bytes) {
      current.bytes = bytes;
      current.lastByteAtMs = nowMs;
    }
    const { rotateAfterMs, lineStallMs, lineSilentMs } = this.#deps.options;
    const { behindSinceMs, lastByteAtMs, openedAtMs } = current;
    if (behindSinceMs !== undefined && nowMs - behindSinceMs >= lineStallMs) return "stalled";
    if (nowMs - lastByteAtMs >= lineSilentMs) return "silent, not even pings";
    const anotherIsReplaced = this.#slots.some((slot) => slot.successor !== undefined);
    return nowMs - openedAtMs >= rotateAfterMs && !anotherIsReplaced ? "rotation" : undefined;
  }

  #replace(slot: Slot, reason: string, nowMs: number): void {
    if (slot.successor !== undefined) return;
    slot.successor = this.#connect(slot, nowMs);
    slot.replaceReason = reason;
  }

  #promoteProven(slot: Slot, nowMs: number): void {
    const { current, successor } = slot;
    if (current === undefined || successor?.openedAtMs === undefined) return;
    if (!successor.heard && nowMs - successor.openedAtMs < SUCCESSOR_PROVEN_MS) return;
    slot.current = successor;
    slot.successor = undefined;
    current.line.close();
    this.#deps.events.lineClosed(current.id, slot.replaceReason);
  }
}

function lineOf({ current, successor }: Slot, id: number): LineState | undefined {
  if (current?.id === id) return current;
  return successor?.id === id ? successor : undefined;
}

/** 0, 250, 500, 1,000, … ms. */
function retryDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_LONGEST_MS);
}
