import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { BookUpdate, BookView, MarketEvent } from "@mirrorbook/protocol";
import {
  BOOK_CHANGES_MAX,
  bookSeq,
  lastEvent,
  marketSeq,
  publishBook,
  publishMarketEvents,
  type RedisClient,
  readBookUpdates,
  readBookView,
  readMarkets,
  readTape,
  writeMarkets,
} from "../src/index.ts";
import { startStore, type TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.flushall();
});

const timestamp = "2026-01-01T00:00:00.000Z";

function view(seq: number): BookView {
  return {
    pair: "SIM_BTC/SIM_USD",
    symbol: "BTCUSDT",
    depth: 20,
    seq,
    timestamp,
    lastUpdateId: seq * 10,
    bids: [["100.00", String(seq)]],
    asks: [["100.01", "2"]],
    checksum: 1,
    best: { bid: "100.00", bidSize: String(seq), ask: "100.01", askSize: "2", spread: "0.01" },
  };
}
const update = (seq: number): BookUpdate => ({ ...view(seq), prevSeq: seq - 1, asks: [] });
const publish = (seq: number) => publishBook(redis, store.packets, view(seq), update(seq));

describe("a book", () => {
  test("is the last view published, and the diffs that led to it", async () => {
    for (const seq of [1, 2, 3]) expect(await publish(seq)).toEqual({ kind: "published" });
    expect(await readBookView(redis, "BTCUSDT", 20)).toEqual(view(3));
    expect(await readBookUpdates(redis, "BTCUSDT", 20, 1)).toEqual({
      kind: "updates",
      updates: [update(2), update(3)],
    });
    expect(await readBookUpdates(redis, "BTCUSDT", 20, 3)).toEqual({
      kind: "updates",
      updates: [],
    });
  });

  test.each([
    ["a number that is taken", 2],
    ["a number that leaves a hole", 4],
  ])("refuses %s, and says where it stands", async (_, seq) => {
    await publish(1);
    await publish(2);
    expect(await publish(seq)).toEqual({ kind: "out_of_sequence", seq: 2 });
    expect(await readBookView(redis, "BTCUSDT", 20)).toEqual(view(2));
    expect(await bookSeq(redis, "BTCUSDT", 20)).toBe(2);
  });

  test("says so when the diffs asked for are trimmed, or not made yet", async () => {
    for (let seq = 1; seq <= BOOK_CHANGES_MAX * 2; seq++) await publish(seq);
    const expired = { kind: "expired" };
    expect(await readBookUpdates(redis, "BTCUSDT", 20, 1)).toEqual(expired);
    expect(await readBookUpdates(redis, "BTCUSDT", 20, BOOK_CHANGES_MAX * 2 + 1)).toEqual(expired);
  });
});

const trade = (seq: number): MarketEvent => [
  "tape:trade",
  {
    seq,
    timestamp,
    pair: "SIM_BTC/SIM_USD",
    symbol: "BTCUSDT",
    price: "100.00",
    quantity: "1",
    side: "buy",
    source: "binance",
  },
];

describe("a market's other streams", () => {
  test("take several events as one packet, fenced by their first number", async () => {
    const send = (lastSeq: number, events: MarketEvent[]) =>
      publishMarketEvents(redis, store.packets, "tape", "BTCUSDT", lastSeq, events);
    expect(await send(0, [trade(1), trade(2)])).toEqual({ kind: "published" });
    expect(await send(1, [trade(2)])).toEqual({ kind: "out_of_sequence", seq: 2 });
    expect((await readTape(redis, "BTCUSDT")).map(({ seq }) => seq)).toEqual([2, 1]);
    expect(await marketSeq(redis, "tape", "BTCUSDT")).toBe(2);
  });

  test("keep their last event for those who subscribe later", async () => {
    expect(await lastEvent(redis, "BTCUSDT", "feed:status")).toBeNull();
    const status = {
      seq: 1,
      timestamp,
      pair: "SIM_BTC/SIM_USD",
      symbol: "BTCUSDT",
      status: "live",
      source: "simulated",
    } as const;
    await publishMarketEvents(redis, store.packets, "status", "BTCUSDT", 0, [
      ["feed:status", status],
    ]);
    expect(await lastEvent(redis, "BTCUSDT", "feed:status")).toEqual(status);
  });
});

test("the list of markets is what the leader serves now, in its order", async () => {
  const market = (symbol: string) => ({ symbol, pair: `${symbol}!` }) as never;
  await writeMarkets(redis, [market("B"), market("A"), market("C")]);
  await writeMarkets(redis, [market("C"), market("B")]);
  expect(await readMarkets(redis)).toEqual([market("C"), market("B")]);
});
