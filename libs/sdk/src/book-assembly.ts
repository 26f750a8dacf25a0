/**
 * Assembles a book view from one snapshot and the numbered changes after it. Pure: every step returns a new state.
 *
 * B1  A shown book is exactly the server's view at `seq`: changes apply only to the number they were made for.
 * B2  What cannot be applied is never guessed: the book waits for a snapshot and keeps showing its last good state.
 * B3  The checksum of the top ten levels is verified after every change.
 */
import { type BookUpdate, type BookView, bookChecksum, type Level } from "@mirrorbook/protocol";

/** Changes kept while a snapshot is on its way; more than that and the oldest go, since the snapshot will be newer. */
export const PENDING_CHANGES_MAX = 64;

export interface ClientBook {
  readonly pair: string;
  readonly symbol: string;
  readonly depth: number;
  readonly seq: number;
  /** ISO 8601, the server's clock. */
  readonly timestamp: string;
  /** Binance's update id this view was made from. */
  readonly lastUpdateId: number;
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface BookAssembly {
  /** Last verified state, or null before the first snapshot. */
  readonly book: ClientBook | null;
  /** Whether a snapshot is needed before changes apply again. */
  readonly waiting: boolean;
  readonly pending: readonly BookUpdate[];
}

export type ChangeOutcome =
  | { readonly kind: "applied" | "duplicate" | "held"; readonly state: BookAssembly }
  | { readonly kind: "gap" | "corrupt"; readonly state: BookAssembly; readonly problem: string };

export const EMPTY_ASSEMBLY: BookAssembly = { book: null, waiting: true, pending: [] };

/** Takes a snapshot, then those held changes that follow it. */
export function applySnapshot(state: BookAssembly, view: BookView): ChangeOutcome {
  const { pair, symbol, depth, seq, timestamp, lastUpdateId, bids, asks } = view;
  if (!state.waiting && state.book !== null && seq < state.book.seq) {
    return { kind: "duplicate", state };
  }
  if (bookChecksum(bids, asks) !== view.checksum) {
    return corrupt(state, `snapshot ${seq} does not match its checksum`);
  }
  const book = { pair, symbol, depth, seq, timestamp, lastUpdateId, bids, asks };
  let outcome: ChangeOutcome = {
    kind: "applied",
    state: { book, waiting: false, pending: [] },
  };
  for (const update of state.pending) {
    if (outcome.state.waiting) break;
    outcome = applyUpdate(outcome.state, update);
  }
  return outcome.kind === "duplicate" ? { kind: "applied", state: outcome.state } : outcome;
}

/** Applies the changes since `prevSeq`; a gap or a wrong checksum leaves the book as it was and waiting. */
export function applyUpdate(state: BookAssembly, update: BookUpdate): ChangeOutcome {
  const { book } = state;
  if (state.waiting || book === null) {
    const pending = [...state.pending, update].slice(-PENDING_CHANGES_MAX);
    return { kind: "held", state: { ...state, pending } };
  }
  if (update.seq <= book.seq) return { kind: "duplicate", state };
  if (update.prevSeq !== book.seq) {
    return {
      kind: "gap",
      state: { book, waiting: true, pending: [update] },
      problem: `change ${update.seq} follows ${update.prevSeq}, but the book is at ${book.seq}`,
    };
  }
  const bids = mergeLevels(book.bids, update.bids, descending);
  const asks = mergeLevels(book.asks, update.asks, ascending);
  if (bookChecksum(bids, asks) !== update.checksum) {
    return corrupt(state, `the book after change ${update.seq} does not match its checksum`);
  }
  const { seq, timestamp, lastUpdateId } = update;
  return {
    kind: "applied",
    state: {
      book: { ...book, seq, timestamp, lastUpdateId, bids, asks },
      waiting: false,
      pending: [],
    },
  };
}

/** After a disconnect: the last good book stays for the eye, and the next snapshot is awaited. */
export function awaitSnapshot(state: BookAssembly): BookAssembly {
  return { book: state.book, waiting: true, pending: [] };
}

function corrupt(state: BookAssembly, problem: string): ChangeOutcome {
  return { kind: "corrupt", state: awaitSnapshot(state), problem };
}

type Order = (a: number, b: number) => number;
const descending: Order = (a, b) => b - a;
const ascending: Order = (a, b) => a - b;

/** Prices as Binance sends them have at most 17 significant digits; as doubles they keep their order. */
function mergeLevels(
  levels: readonly Level[],
  changes: readonly Level[],
  order: Order,
): readonly Level[] {
  if (changes.length === 0) return levels;
  const merged = [...levels];
  for (const change of changes) {
    const price = Number(change[0]);
    const index = lowerBound(merged, price, order);
    const found = index < merged.length && Number(merged[index]![0]) === price;
    if (Number(change[1]) === 0) {
      if (found) merged.splice(index, 1);
    } else {
      merged.splice(index, found ? 1 : 0, change);
    }
  }
  return merged;
}

/** Index of the first level that does not come before `price`. */
function lowerBound(levels: readonly Level[], price: number, order: Order): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(Number(levels[middle]![0]), price) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
