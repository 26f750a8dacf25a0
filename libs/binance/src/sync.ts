/**
 * Decides when a snapshot and the events around it make a true book: Binance's documented rule for one market.
 *
 *  S1  Events are buffered until a snapshot comes, at most `bufferMax` of them.
 *  S2  A snapshot older than the first buffered event leaves a hole: it is refused, another one is needed.
 *  S3  Buffered events that the snapshot contains are dropped; the first kept may start at lastUpdateId + 1 or before.
 *  S4  Afterwards each event starts at or before the last id + 1; one that does not is a gap, and buffering starts anew
 *      with that event.
 *
 * Source: Binance Spot, WebSocket Streams, "How to manage a local order book correctly".
 */
import type { DepthEvent, DepthSnapshot } from "@mirrorbook/book";
import { invariant } from "@mirrorbook/kernel";

export interface Sync {
  phase: "buffering" | "following";
  /** Without holes; empty while following. */
  buffer: DepthEvent[];
  /** Last update id of the book; meaningless while buffering. */
  lastUpdateId: number;
  readonly bufferMax: number;
}

export type DepthStep =
  | { readonly kind: "follow" | "stale" | "buffered" }
  /** The buffer was full: it was emptied, the event opens the next one. */
  | { readonly kind: "overflow" }
  | { readonly kind: "gap"; readonly expected: number; readonly received: number };

export type SnapshotStep =
  /** The book is `snapshot` plus `events`, in this order. */
  | { readonly kind: "synced"; readonly events: readonly DepthEvent[] }
  | { readonly kind: "too-old"; readonly firstBuffered: number };

export function createSync(bufferMax: number): Sync {
  return { phase: "buffering", buffer: [], lastUpdateId: 0, bufferMax };
}

/** Starts over: a new snapshot is needed, to which `events` (without holes among them) are to be applied. */
export function restartSync(sync: Sync, events: readonly DepthEvent[] = []): void {
  sync.phase = "buffering";
  sync.buffer = events.slice(-sync.bufferMax);
}

/** Takes the next event of the stream. Only on `follow` does it belong to the book now. */
export function syncDepth(sync: Sync, event: DepthEvent): DepthStep {
  if (sync.phase === "buffering") return bufferEvent(sync, event);
  if (event.finalUpdateId <= sync.lastUpdateId) return { kind: "stale" };
  const expected = sync.lastUpdateId + 1;
  if (event.firstUpdateId > expected) {
    restartSync(sync, [event]);
    return { kind: "gap", expected, received: event.firstUpdateId };
  }
  sync.lastUpdateId = event.finalUpdateId;
  return { kind: "follow" };
}

function bufferEvent(sync: Sync, event: DepthEvent): DepthStep {
  const last = sync.buffer.at(-1);
  if (last !== undefined && event.finalUpdateId <= last.finalUpdateId) return { kind: "stale" };
  if (last !== undefined && event.firstUpdateId > last.finalUpdateId + 1) {
    restartSync(sync, [event]);
    return { kind: "gap", expected: last.finalUpdateId + 1, received: event.firstUpdateId };
  }
  if (sync.buffer.length >= sync.bufferMax) {
    restartSync(sync, [event]);
    return { kind: "overflow" };
  }
  sync.buffer.push(event);
  return { kind: "buffered" };
}

/** Takes a snapshot that was asked for. @throws {InvariantError} when none is needed. */
export function syncSnapshot(sync: Sync, snapshot: DepthSnapshot): SnapshotStep {
  invariant(sync.phase === "buffering", "a snapshot is taken only while buffering");
  const first = sync.buffer[0];
  if (first !== undefined && snapshot.lastUpdateId + 1 < first.firstUpdateId) {
    return { kind: "too-old", firstBuffered: first.firstUpdateId };
  }
  const events = sync.buffer.filter((event) => event.finalUpdateId > snapshot.lastUpdateId);
  sync.phase = "following";
  sync.buffer = [];
  sync.lastUpdateId = events.at(-1)?.finalUpdateId ?? snapshot.lastUpdateId;
  return { kind: "synced", events };
}
