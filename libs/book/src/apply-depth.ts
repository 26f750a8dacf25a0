/**
 * Keeps a book in step with Binance by the documented rule.
 *
 * Source: Binance Spot, WebSocket Streams, "How to manage a local order book correctly".
 */
import { invariant, type Lots, type Ticks } from "@mirrorbook/kernel";
import type { Book } from "./book.ts";
import type { Ladder } from "./ladder.ts";
import type { BookLevel, BookSide, DepthEvent, DepthSnapshot } from "./types.ts";

export type DepthOutcome =
  | { readonly kind: "applied" | "stale" }
  | { readonly kind: "gap"; readonly expected: number; readonly received: number };

/** Hears of each level whose displayed size really changed; 0 means absent. */
export type LevelListener = (side: BookSide, price: Ticks, before: Lots, after: Lots) => void;

const APPLIED: DepthOutcome = { kind: "applied" };
const STALE: DepthOutcome = { kind: "stale" };

/** Replaces the whole content of `book` by `snapshot`, whatever the book held before. */
export function applySnapshot(book: Book, snapshot: DepthSnapshot): void {
  book.bids.replace(snapshot.bids);
  book.asks.replace(snapshot.asks);
  book.lastUpdateId = snapshot.lastUpdateId;
}

/**
 * Applies one depth event to `book`, in place.
 *
 * Sizes are absolute, so replaying an event is harmless, an event that overlaps what is known is applied as a whole,
 * and a size of zero removes the level. That one rule covers both cases of the first event after a snapshot: it may
 * start at `lastUpdateId + 1` or before. On a gap the book is left untouched: the caller takes a new snapshot.
 */
export function applyDepth(book: Book, event: DepthEvent, onChange?: LevelListener): DepthOutcome {
  invariant(event.firstUpdateId <= event.finalUpdateId, "a depth event covers a forward range");
  if (event.finalUpdateId <= book.lastUpdateId) return STALE;
  const expected = book.lastUpdateId + 1;
  if (event.firstUpdateId > expected) {
    return { kind: "gap", expected, received: event.firstUpdateId };
  }

  setLevels(book.bids, event.bids, onChange);
  setLevels(book.asks, event.asks, onChange);
  book.lastUpdateId = event.finalUpdateId;
  return APPLIED;
}

function setLevels(
  ladder: Ladder,
  levels: readonly BookLevel[],
  onChange: LevelListener | undefined,
): void {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    const before = ladder.set(level[0], level[1]);
    if (onChange !== undefined && before !== level[1]) {
      onChange(ladder.side, level[0], before, level[1]);
    }
  }
}
