/** The book after each recorded session equals the reference end state of the market-data README. */

import { describe, expect, test } from "@jest/globals";
import { formatUnits } from "@mirrorbook/kernel";
import {
  type DepthSession,
  depthSessions,
  readRecording,
  recordingsExist,
} from "@mirrorbook/testkit";
import { applyDepth, applySnapshot, Book, digest20 } from "../src/index.ts";

// symbol, stale and applied events, final u, best bid, best ask, levels bid / ask, digest of the top 20
const REFERENCE = {
  "spot-btcusdt-2024-08-08.jsonl.gz": `
    BTCUSDT 2 3449 50093421584 61685.99000000 1.00870000 61686.00000000 2.29327000 1209 2196 f749beab8495ca08`,
  "spot-ethusdt-2024-08-08.jsonl.gz": `
    ETHUSDT 2 3432 35346671849 2682.50000000 3.31680000 2682.51000000 48.97390000 1195 1158 1c536d1a0cea6862`,
  "spot-10-symbols-2021-04-05.jsonl.gz": `
    ZILUSDT 4 978 499827506 0.21473000 116.40000000 0.21481000 2083.30000000 1033 993 5d036d2d6538e1cb
    MANAUSDT 4 843 267012781 0.99234000 1159.20000000 0.99273000 2400.00000000 1011 1005 934e758c78efc6d5
    DENTUSDT 12 1017 148628430 0.02100000 160602.00000000 0.02100830 179542.00000000 1154 1031 ea0aa6878ee99be6
    AXSBNB 2 430 81573511 0.02662800 100.00000000 0.02679500 98.00000000 402 171 2244238610d724d0
    ETHBRL 5 145 30367155 12001.53000000 0.16624000 12010.52000000 0.82208000 754 387 3effec4295a09579
    BTCSTUSDT 12 279 87930909 58.23200000 7.20900000 58.29700000 0.91500000 993 1019 230ecd2c7314bac5
    QTUMETH 9 349 242767528 0.00542700 350.11000000 0.00546000 180.55000000 840 999 18c716d22de65ea5
    BTCAUD 7 113 155214829 76835.70000000 0.00264200 76923.97000000 0.03159700 982 482 55daf6eaf74bb9c2
    RENBTCETH 7 207 18687898 27.91890000 0.00100000 28.38410000 0.01730000 96 100 60325cf084e64bf3
    NEOUSDC 5 281 135437624 56.95500000 413.48300000 57.38800000 9.97200000 254 268 3079af6398dcec6e`,
  "spot-4-symbols-2021-10-12.jsonl": `
    NKNUSDT 1 149 499870179 0.35270000 9602.00000000 0.35310000 152.00000000 614 994 2a8ec232f2328c5b
    BLZETH 1 9 281916638 0.00006547 100.00000000 0.00006560 1528.00000000 173 999 92b6fcdba38bd879
    LRCBTC 2 13 259345563 0.00000637 2500.00000000 0.00000638 2285.00000000 176 1000 b75895090942ad6b
    RUNEEUR 1 1 15602513 6.25100000 69.30000000 6.26900000 69.30000000 222 468 7668b31860a048f5`,
};

const describeRecorded = recordingsExist ? describe : describe.skip;

describeRecorded("a book fed with a recorded session (needs shared/market-data)", () => {
  for (const [file, table] of Object.entries(REFERENCE)) {
    test(`${file} ends in the reference state`, () => {
      const expected = table.trim().split(/\n\s*/);
      const sessions = depthSessions(readRecording(file));
      expect([...sessions.values()].map(replay).sort()).toEqual(expected.sort());
    });
  }

  test("a session without a snapshot is one unbroken chain", () => {
    const sessions = depthSessions(readRecording("spot-btcusdt-2023-04-05-no-snapshot.jsonl.gz"));
    const { units, events } = sessions.get("BTCUSDT")!;
    const book = new Book(units);
    book.lastUpdateId = events[0]!.firstUpdateId - 1;
    expect(events.map((event) => applyDepth(book, event).kind)).toEqual(
      new Array(3929).fill("applied"),
    );
  });

  test("leaving out one event is seen as a gap, and the rest of the session too", () => {
    const session = depthSessions(readRecording("spot-ethusdt-2024-08-08.jsonl.gz")).get(
      "ETHUSDT",
    )!;
    const book = new Book(session.units);
    applySnapshot(book, session.snapshot!);
    const events = session.events.toSpliced(1000, 1);
    const kinds = Map.groupBy(events, (event) => applyDepth(book, event).kind);
    expect(kinds.get("applied")).toHaveLength(998);
    expect(kinds.get("gap")).toHaveLength(2433);
    expect(book.lastUpdateId).toBe(session.events[999]!.finalUpdateId);
  });
});

function replay({ units, snapshot, events }: DepthSession): string {
  const book = new Book(units);
  applySnapshot(book, snapshot!);
  const kinds = Map.groupBy(events, (event) => applyDepth(book, event).kind);
  expect(kinds.get("gap")).toBeUndefined();
  const [bid, ask] = (["bid", "ask"] as const).map((side) => [
    wire(book.priceAt(side, 0)!, units.priceDecimals),
    wire(book.sizeAtRank(side, 0), units.sizeDecimals),
  ]);
  return [
    units.symbol,
    kinds.get("stale")!.length,
    kinds.get("applied")!.length,
    book.lastUpdateId,
    ...bid!,
    ...ask!,
    book.levelCount("bid"),
    book.levelCount("ask"),
    digest20(book),
  ].join(" ");
}

/** As Binance writes it: eight decimals. */
function wire(units: number, decimals: number): string {
  const [whole, fraction = ""] = formatUnits(units, decimals).split(".");
  return `${whole}.${fraction.padEnd(8, "0")}`;
}
