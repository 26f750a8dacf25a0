import type { Ticks } from "@mirrorbook/kernel";
import type { Book } from "./book.ts";
import type { BookLevel } from "./types.ts";

/** The best levels of both sides at one moment, best first: what a subscriber of that depth holds. */
export interface BookView {
  readonly lastUpdateId: number;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** What changed between two views: new absolute sizes; 0 = gone from the view. Best first. */
export interface ViewChanges {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

export function bookView(book: Book, depth: number): BookView {
  return {
    lastUpdateId: book.lastUpdateId,
    bids: book.top("bid", depth),
    asks: book.top("ask", depth),
  };
}

/**
 * Returns the levels that turn `previous` into `next`. A level that left the view, be it taken away or pushed out by
 * better ones, is told as gone; so applying the changes to `previous` gives exactly the levels of `next`.
 */
export function diffViews(previous: BookView, next: BookView): ViewChanges {
  return {
    bids: diffSide(previous.bids, next.bids, (left, right) => left > right),
    asks: diffSide(previous.asks, next.asks, (left, right) => left < right),
  };
}

function diffSide(
  previous: readonly BookLevel[],
  next: readonly BookLevel[],
  isBetter: (left: Ticks, right: Ticks) => boolean,
): BookLevel[] {
  const changes: BookLevel[] = [];
  let i = 0;
  let j = 0;
  while (i < previous.length || j < next.length) {
    const old = previous[i];
    const now = next[j];
    if (now === undefined || (old !== undefined && isBetter(old[0], now[0]))) {
      changes.push([old![0], 0 as BookLevel[1]]);
      i++;
    } else if (old === undefined || old[0] !== now[0]) {
      changes.push(now);
      j++;
    } else {
      if (old[1] !== now[1]) changes.push(now);
      i++;
      j++;
    }
  }
  return changes;
}
