/** Evidence of a small run in which every promise was kept, as plain data that a test may then spoil. */
import { crc32 } from "node:zlib";
import { BookReplay } from "../checker/book-replay.ts";
import type { Delivery, Evidence, Json, LogEntry } from "../evidence.ts";

const AT = "2026-01-01T00:00:10.000Z";
export const ALICE = "u-alice";
export const BOB = "u-bob";

/** Everything is writable: tests spoil what they get. */
export interface SpoilableRun {
  clients: { name: string; userId: string; since: number; events: Delivery[]; resyncs: string[] }[];
  commands: Json[];
  users: {
    userId: string;
    state: Record<string, string>;
    events: LogEntry[];
    orders: LogEntry[];
    trades: LogEntry[];
    journal: LogEntry[];
  }[];
  feed: { symbol: string; seq: number; status: string; timestamp: string }[];
  market: Json[];
  silences: { symbol: string; why: string; fromMs: number; toMs: number }[];
  books: Json[];
}

/**
 * Alice deposits 5, buys 2 at 10 by a market order and leaves a limit sell of 1 open; Bob has his opening balance.
 * Alice is connected twice; both connections saw all of it.
 */
export function healthyRun(): SpoilableRun {
  const buy = order("o-1", "c-buy", {
    side: "buy",
    status: "filled",
    filledQuantity: "2",
    averagePrice: "10",
    fee: "0.1",
  });
  const bought = trade("o-1-1", "o-1");
  const sell = order("o-2", "c-sell", { side: "sell", quantity: "1", price: "12", status: "open" });
  const aliceEvents = numbered([
    ["balance:updated", balance("SIM_USD", "100", "0")],
    ["balance:updated", balance("SIM_USD", "105", "0")],
    [
      "order:created",
      { order: { ...buy, status: "open", filledQuantity: "0", averagePrice: null, fee: "0" } },
    ],
    ["trade:executed", { trade: bought }],
    ["order:filled", { order: buy }],
    ["balance:updated", balance("SIM_USD", "85", "0")],
    ["balance:updated", balance("SIM_BTC", "1.9", "0")],
    ["order:created", { order: sell }],
    ["balance:updated", balance("SIM_BTC", "0.9", "1")],
  ]);
  const bobEvents = numbered([["balance:updated", balance("SIM_USD", "100", "0")]]);
  const journal = [
    posting(ALICE, "SIM_USD", "100", "issuance", "available", "opening"),
    posting(ALICE, "SIM_USD", "5", "issuance", "available", "deposit"),
    posting(ALICE, "SIM_USD", "20", "available", "venue/BTCUSDT", "trade"),
    posting(ALICE, "SIM_BTC", "2", "venue/BTCUSDT", "available", "trade"),
    posting(ALICE, "SIM_BTC", "0.1", "available", "fees/BTCUSDT", "fee"),
    posting(ALICE, "SIM_BTC", "1", "available", "locked", "reserve"),
  ];
  return {
    clients: [
      client("alice", ALICE, aliceEvents),
      client("alice-twin", ALICE, aliceEvents),
      client("bob", BOB, bobEvents),
    ],
    commands: [
      command("order:place", "c-buy", {}, { order: buy, trades: [bought] }),
      command("order:place", "c-sell", {}, { order: sell, trades: [] }),
      command("account:deposit", "c-deposit", { amount: "5" }, { balance: {} }),
    ],
    users: [
      {
        userId: ALICE,
        state: {
          seq: String(aliceEvents.length),
          "balance/main/SIM_USD": JSON.stringify(balance("SIM_USD", "85", "0")),
          "balance/main/SIM_BTC": JSON.stringify(balance("SIM_BTC", "0.9", "1")),
          "order/o-2": JSON.stringify({
            order: sell,
            state: { reserved: "1", reservedAsset: "SIM_BTC" },
          }),
        },
        events: logged(aliceEvents),
        orders: [["3-1", JSON.stringify(buy)]],
        trades: [["3-1", JSON.stringify(bought)]],
        journal: entries(journal),
      },
      {
        userId: BOB,
        state: {
          seq: "1",
          "balance/main/SIM_USD": JSON.stringify(balance("SIM_USD", "100", "0")),
        },
        events: logged(bobEvents),
        orders: [],
        trades: [],
        journal: entries([posting(BOB, "SIM_USD", "100", "issuance", "available", "opening")]),
      },
    ],
    feed: [
      { symbol: "BTCUSDT", seq: 1, status: "live", timestamp: "2026-01-01T00:00:00.000Z" },
      { symbol: "BTCUSDT", seq: 2, status: "stale", timestamp: "2026-01-01T00:00:20.000Z" },
      { symbol: "BTCUSDT", seq: 3, status: "live", timestamp: "2026-01-01T00:00:30.000Z" },
    ],
    market: [
      { symbol: "BTCUSDT", kind: "snapshot", updateId: 6, bids: [], asks: [["10.00", "1.5"]] },
      { symbol: "BTCUSDT", kind: "diff", updateId: 7, bids: [], asks: [["10.00", "2"]] },
      { symbol: "BTCUSDT", kind: "diff", updateId: 8, bids: [["9.00", "3"]], asks: [] },
    ],
    silences: [
      {
        symbol: "BTCUSDT",
        why: "halted",
        fromMs: Date.parse("2026-01-01T00:00:19.000Z"),
        toMs: Date.parse("2026-01-01T00:00:29.000Z"),
      },
    ],
    books: [watchedBook("watcher"), watchedBook("other")],
  };
}

/** The run is what the checker takes; the loose shape is for spoiling only. */
export function asEvidence(run: SpoilableRun): Evidence {
  return run;
}

/** A book of one snapshot and one change; `spoil` may change what is sent. */
export function watchedBook(client: string, spoil: (frames: Json[]) => void = () => {}) {
  const frames: Json[] = [
    frame(1, { bids: [["10", "1"]], asks: [["11", "2"]] }, "10:1:11:2"),
    {
      ...frame(
        2,
        {
          bids: [
            ["10", "0"],
            ["9", "3"],
          ],
          asks: [],
        },
        "9:3:11:2",
      ),
      prevSeq: 1,
    },
  ];
  spoil(frames);
  const replay = new BookReplay();
  for (const one of frames) {
    replay.take(one.prevSeq === undefined ? "orderbook:snapshot" : "orderbook:update", one);
  }
  return replay.evidence(client, "BTCUSDT:20");
}

function frame(seq: number, levels: object, text: string) {
  return { symbol: "BTCUSDT", depth: 20, seq, ...levels, checksum: crc32(text) };
}

/** Numbers them 1, 2, 3, … */
export function numbered(events: readonly Delivery[]): Delivery[] {
  return events.map(([name, payload], index) => [
    name,
    { seq: index + 1, timestamp: AT, ...payload },
  ]);
}

export function logged(events: readonly Delivery[]): LogEntry[] {
  return events.map((event) => [`${event[1].seq}-0`, JSON.stringify(event)]);
}

function entries(items: readonly object[]): LogEntry[] {
  return items.map((item, index) => [`1-${index + 1}`, JSON.stringify(item)]);
}

function client(name: string, userId: string, events: readonly Delivery[]) {
  return { name, userId, since: 0, events: [...events], resyncs: [] };
}

function command(message: string, key: string, body: object, value: object) {
  const answer = { ok: true, value };
  return {
    client: "alice",
    userId: ALICE,
    message,
    key,
    body,
    sentAtMs: 0,
    answeredAtMs: 1,
    answer,
  };
}

function order(id: string, clientOrderId: string, changes: object) {
  const blank = { quantity: "2", filledQuantity: "0", averagePrice: null, fee: "0", price: null };
  return { id, clientOrderId, account: "main", symbol: "BTCUSDT", ...blank, ...changes };
}

function trade(id: string, orderId: string) {
  const fill = { quantity: "2", price: "10", value: "20", fee: "0.1", feeAsset: "SIM_BTC" };
  const place = { symbol: "BTCUSDT", side: "buy", liquidity: "taker", bookUpdateId: 7 };
  return { id, orderId, ...place, ...fill, executedAt: AT };
}

function balance(asset: string, available: string, locked: string) {
  const total = String(Number((Number(available) + Number(locked)).toFixed(8)));
  return { account: "main", asset, total, available, locked };
}

function posting(
  userId: string,
  asset: string,
  amount: string,
  from: string,
  to: string,
  reason: string,
) {
  const ledger = (name: string) =>
    name === "available" || name === "locked" ? `user/${userId}/main/${name}` : name;
  return { account: "main", asset, amount, debit: ledger(from), credit: ledger(to), reason };
}
