import type { BookUpdate, BookView, Level } from "@mirrorbook/protocol";

/** Best first: bids fall, asks rise. */
type Direction = 1 | -1;

/**
 * Applies an update to a whole view. Returns the view itself when the update is not newer, and `null` when something
 * between them is missing.
 */
export function applyBookUpdate(view: BookView, update: BookUpdate): BookView | null {
  if (update.seq <= view.seq) return view;
  if (update.prevSeq !== view.seq) return null;
  const { prevSeq: _, ...rest } = update;
  return {
    ...rest,
    bids: mergeLevels(view.bids, update.bids, -1, view.depth),
    asks: mergeLevels(view.asks, update.asks, 1, view.depth),
  };
}

function mergeLevels(
  levels: readonly Level[],
  changes: readonly Level[],
  direction: Direction,
  depth: number,
): [string, string][] {
  if (changes.length === 0) return levels as [string, string][];
  const sizes = new Map<string, string>(levels as [string, string][]);
  for (const [price, size] of changes) {
    if (isZero(size)) sizes.delete(price);
    else sizes.set(price, size);
  }
  // Prices of one market have the same number of decimals and at most 15 digits: exact enough to order by.
  const merged = [...sizes].sort((a, b) => direction * (Number(a[0]) - Number(b[0])));
  return merged.slice(0, depth);
}

function isZero(size: string): boolean {
  return !/[1-9]/.test(size);
}
