import { expect, test } from "@jest/globals";
import { type BookUpdate, type BookView, bookChecksum, type Level } from "@mirrorbook/protocol";
import { MirroredBook } from "@mirrorbook/testkit";

const best = { bid: null, bidSize: null, ask: null, askSize: null, spread: null };

function view(seq: number, bids: Level[], asks: Level[], checksum: number): BookView {
  return {
    pair: "SIM_BTC/SIM_USD",
    symbol: "BTCUSDT",
    depth: 20,
    seq,
    timestamp: "2026-01-01T00:00:00.000Z",
    lastUpdateId: seq * 10,
    bids: bids as [string, string][],
    asks: asks as [string, string][],
    checksum,
    best,
  };
}

function update(seq: number, bids: Level[], asks: Level[], checksum: number): BookUpdate {
  return { ...view(seq, bids, asks, checksum), prevSeq: seq - 1 };
}

function bookAtFive(): MirroredBook {
  const book = new MirroredBook();
  const [bids, asks]: Level[][] = [[["9", "1"]], [["10", "2"]]];
  book.onSnapshot(view(5, bids!, asks!, bookChecksum(bids!, asks!)));
  return book;
}

test("updates are applied by price as numbers, size 0 removes, and checksums are proved", () => {
  const book = bookAtFive();
  book.onUpdate(update(5, [["1", "1"]], [], 0)); // Older than the snapshot.
  const after: Level[] = [["9.5", "3"]];
  const asks: Level[] = [
    ["10", "2"],
    ["100", "1"],
  ];
  book.onUpdate(
    update(
      6,
      [
        ["9", "0.00"],
        ["9.5", "3"],
      ],
      [["100", "1"]],
      bookChecksum(after, asks),
    ),
  );
  expect(book).toMatchObject({ seq: 6, lastUpdateId: 60, bids: after, asks, faults: [] });
});

test.each([
  ["a hole", (book: MirroredBook) => book.onUpdate(update(7, [], [], proof(book))), /follows 6/],
  ["a wrong checksum", (book: MirroredBook) => book.onUpdate(update(6, [], [], 1)), /checksum/],
  [
    "a crossed book",
    (book: MirroredBook) => book.onUpdate(update(6, [["11", "1"]], [], 1)),
    /crossed/,
  ],
])("%s is a fault", (_, act, fault) => {
  const book = bookAtFive();
  act(book);
  expect(book.faults.join("\n")).toMatch(fault);
});

function proof(book: MirroredBook): number {
  return bookChecksum(book.bids, book.asks);
}
