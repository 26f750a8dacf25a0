import { expect, test } from "@jest/globals";
import { type BookUpdate, type BookView, bookChecksum, type Level } from "@mirrorbook/protocol";
import fc from "fast-check";
import {
  applySnapshot,
  applyUpdate,
  awaitSnapshot,
  type BookAssembly,
  type ChangeOutcome,
  EMPTY_ASSEMBLY,
  PENDING_CHANGES_MAX,
} from "../src/book-assembly.ts";

interface Sides {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** What a server would send: a view of `sides`, or the changes from one to the next. */
function viewOf(seq: number, { bids, asks }: Sides): BookView {
  return {
    pair: "SIM_BTC/SIM_USD",
    symbol: "BTCUSDT",
    depth: 20,
    seq,
    timestamp: "2026-01-01T00:00:00.000Z",
    lastUpdateId: 1_000 + seq,
    bids: bids as BookView["bids"],
    asks: asks as BookView["asks"],
    checksum: bookChecksum(bids, asks),
    best: { bid: null, bidSize: null, ask: null, askSize: null, spread: null },
  };
}

function changeTo(seq: number, before: Sides, after: Sides): BookUpdate {
  return {
    ...viewOf(seq, after),
    prevSeq: seq - 1,
    bids: changed(before.bids, after.bids),
    asks: changed(before.asks, after.asks),
  };
}

function changed(before: readonly Level[], after: readonly Level[]): [string, string][] {
  const old = new Map(before);
  const now = new Map(after);
  const gone = before.filter(([price]) => !now.has(price)).map(([p]) => [p, "0"]);
  return [...gone, ...after.filter(([p, size]) => old.get(p) !== size)] as [string, string][];
}

const sides = (bids: [number, number][], asks: [number, number][]): Sides => ({
  bids: bids.map(([p, s]) => [p.toFixed(2), s.toFixed(3)] as const),
  asks: asks.map(([p, s]) => [p.toFixed(2), s.toFixed(3)] as const),
});

const first = sides([[99, 1], [98, 2]], [[101, 3], [102, 4]]); // biome-ignore format: a table
const second = sides([[100, 5], [98, 2]], [[101, 1], [102, 4], [103, 9]]); // biome-ignore format: a table

const live = applySnapshot(EMPTY_ASSEMBLY, viewOf(1, first)).state;

test("a snapshot is shown, and the next change is merged into it in price order", () => {
  const outcome = applyUpdate(live, changeTo(2, first, second));
  expect(outcome.kind).toBe("applied");
  expect(outcome.state.book).toMatchObject({ seq: 2, bids: second.bids, asks: second.asks });
  expect(live.book?.bids).toBe(first.bids); // The former state is untouched.
});

test("a repeated change changes nothing", () => {
  expect(applyUpdate(live, changeTo(1, second, first))).toEqual({ kind: "duplicate", state: live });
});

test("a change that skips a number is a gap: the book stays and waits", () => {
  const outcome = applyUpdate(live, changeTo(3, first, second));
  expect(outcome.kind).toBe("gap");
  expect(outcome.state).toMatchObject({ book: live.book, waiting: true });
});

test("a change whose checksum does not fit is refused: the book stays and waits", () => {
  const outcome = applyUpdate(live, { ...changeTo(2, first, second), checksum: 7 });
  expect(outcome.kind).toBe("corrupt");
  expect(outcome.state).toMatchObject({ book: live.book, waiting: true });
});

test("a snapshot whose checksum does not fit is refused", () => {
  const outcome = applySnapshot(EMPTY_ASSEMBLY, { ...viewOf(1, first), checksum: 7 });
  expect(outcome.kind).toBe("corrupt");
  expect(outcome.state.book).toBeNull();
});

test("a change that overtakes its snapshot is held and applied after it", () => {
  const held = applyUpdate(EMPTY_ASSEMBLY, changeTo(2, first, second));
  expect(held.kind).toBe("held");
  const outcome = applySnapshot(held.state, viewOf(1, first));
  expect(outcome.kind).toBe("applied");
  expect(outcome.state.book).toMatchObject({ seq: 2, bids: second.bids });
});

test("held changes older than the snapshot are passed over", () => {
  const held = applyUpdate(EMPTY_ASSEMBLY, changeTo(2, first, second));
  const outcome = applySnapshot(held.state, viewOf(5, second));
  expect(outcome.kind).toBe("applied");
  expect(outcome.state).toMatchObject({ waiting: false, pending: [], book: { seq: 5 } });
});

test("a late snapshot does not turn a live book back", () => {
  const ahead = applyUpdate(live, changeTo(2, first, second)).state;
  expect(applySnapshot(ahead, viewOf(1, first))).toEqual({ kind: "duplicate", state: ahead });
});

test("a snapshot with a lower number is taken after a disconnect: the stream may have begun anew", () => {
  const ahead = applyUpdate(live, changeTo(2, first, second)).state;
  expect(applySnapshot(awaitSnapshot(ahead), viewOf(1, first)).state.book?.seq).toBe(1);
});

test("no more than PENDING_CHANGES_MAX changes are held", () => {
  let state: BookAssembly = EMPTY_ASSEMBLY;
  for (let seq = 1; seq <= PENDING_CHANGES_MAX + 5; seq++) {
    state = applyUpdate(state, changeTo(seq, first, second)).state;
  }
  expect(state.pending).toHaveLength(PENDING_CHANGES_MAX);
  expect(state.pending.at(-1)?.seq).toBe(PENDING_CHANGES_MAX + 5);
});

const levels = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 })), {
    selector: ([price]) => price,
    maxLength: 14,
  })
  .map((list) => [...list].sort(([a], [b]) => a - b));
const randomSides = fc.tuple(levels, levels).map(([bids, asks]) =>
  sides(
    bids.map(([p, s]): [number, number] => [p, s]).reverse(),
    asks.map(([p, s]): [number, number] => [p + 50, s]),
  ),
);

/** What the network does with one change. */
const fate = fc.constantFrom("deliver", "deliver", "deliver", "lose", "twice", "spoil", "swap");

test("property B1, B2: whatever is lost, repeated, swapped or spoiled, a current book is the server's", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(randomSides, fate), { maxLength: 30 }), (steps) => {
      const history = [first];
      let state = live;
      let late: BookUpdate | undefined;
      const take = (outcome: ChangeOutcome) => {
        state = outcome.state;
        if (outcome.kind === "gap" || outcome.kind === "corrupt") {
          state = applySnapshot(state, viewOf(history.length, history.at(-1)!)).state;
        }
        const { book, waiting } = state;
        if (waiting || book === null) return;
        expect({ bids: book.bids, asks: book.asks }).toEqual(history[book.seq - 1]);
      };
      for (const [next, what] of steps) {
        const seq = history.length + 1;
        const change = changeTo(seq, history.at(-1)!, next);
        history.push(next);
        if (what === "swap") {
          late = change;
          continue;
        }
        if (what === "spoil")
          take(applyUpdate(state, { ...change, checksum: change.checksum ^ 1 }));
        if (what === "deliver" || what === "twice") take(applyUpdate(state, change));
        if (what === "twice") take(applyUpdate(state, change));
        if (late !== undefined) take(applyUpdate(state, late));
        late = undefined;
      }
      take(applySnapshot(state, viewOf(history.length, history.at(-1)!)));
      expect(state.book?.seq).toBe(history.length);
    }),
  );
});
