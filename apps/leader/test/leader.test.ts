import { describe, expect, test } from "@jest/globals";
import { bookChecksum, type UserEvent } from "@mirrorbook/protocol";
import {
  lastEvent,
  readBookUpdates,
  readBookView,
  readEvents,
  readHistory,
  readMarkets,
  readTape,
  readUserState,
} from "@mirrorbook/store";
import { eventually } from "@mirrorbook/testkit";
import { limitOrder, marketOrder } from "./fixtures.ts";
import { HandFeed, TestExchange } from "./support.ts";

const ONE = 100_000;
const btcFeed = () =>
  new HandFeed(
    [
      [9_999_00, 2 * ONE],
      [9_998_00, 5 * ONE],
    ],
    [
      [10_000_00, ONE],
      [10_001_00, 5 * ONE],
    ],
  );

async function eventsOf(exchange: TestExchange, userId: string): Promise<readonly UserEvent[]> {
  const read = await readEvents(exchange.redis, userId, 0);
  if (read.kind === "expired") throw new Error("events are gone");
  return read.events;
}

test("a market order is filled against the mirrored book, from the stream of commands to the user's log", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  await exchange.leader();
  await exchange.submit("alice", "open", { type: "account:open" });
  const placed = await exchange.submit("alice", "o1", marketOrder({ quantity: "2" }));
  expect(placed).toMatchObject({
    ok: true,
    value: {
      order: { status: "filled", filledQuantity: "2", averagePrice: "10000.5" },
      trades: [
        { price: "10000.00", quantity: "1", bookUpdateId: 1 },
        { price: "10001.00", quantity: "1", bookUpdateId: 1 },
      ],
    },
  });

  const events = await eventsOf(exchange, "alice");
  expect(events.map(([, { seq }]) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.map(([name]) => name)).toEqual(
    expect.arrayContaining(["order:created", "order:filled", "trade:executed", "balance:updated"]),
  );
  const state = await readUserState(exchange.redis, "alice");
  expect(state?.seq).toBe(events.length);
  expect(state?.positions).toMatchObject([{ symbol: "BTCUSDT", status: "open" }]);
  expect((await readHistory(exchange.redis, "alice", "trades")).items).toHaveLength(2);
  expect(exchange.faults).toEqual([]);
});

test("a command sent again with the same key gives the first answer, with another body it is refused", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  await exchange.leader();
  await exchange.submit("alice", "open", { type: "account:open" });
  const order = marketOrder({ quantity: "1" });
  const first = await exchange.submit("alice", "o1", order);
  expect(await exchange.submit("alice", "o1", order)).toEqual({ ...first, replayed: true });
  const other = await exchange.submit("alice", "o1", marketOrder({ quantity: "2" }));
  expect(other).toMatchObject({ ok: false, error: { code: "COMMAND_ID_REUSED" } });
  expect((await readHistory(exchange.redis, "alice", "trades")).items).toHaveLength(1);
});

test("nothing is matched on a stale book (P6)", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  await exchange.leader();
  await exchange.submit("alice", "open", { type: "account:open" });
  exchange.feed.status("stale", "no depth event for 5 s");
  const refused = await exchange.submit("alice", "o1", marketOrder({ quantity: "1" }));
  expect(refused).toMatchObject({ ok: false, error: { code: "MARKET_STALE", retry: true } });
  await eventually(async () =>
    expect(await lastEvent(exchange.redis, "BTCUSDT", "feed:status")).toMatchObject({
      status: "stale",
      source: "simulated",
      reason: "no depth event for 5 s",
    }),
  );
  exchange.feed.status("live");
  const filled = await exchange.submit("alice", "o2", marketOrder({ quantity: "1" }));
  expect(filled).toMatchObject({ ok: true, value: { order: { status: "filled" } } });
});

test("a resting order is filled by the market, without a command", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  await exchange.leader();
  await exchange.submit("alice", "open", { type: "account:open" });
  const price = "9999.50";
  const placed = await exchange.submit("alice", "o1", limitOrder({ price, quantity: "1" }));
  expect(placed).toMatchObject({ ok: true, value: { order: { status: "open" } } });
  exchange.feed.trade(9_999_00, ONE, true);
  await eventually(async () => {
    const names = (await eventsOf(exchange, "alice")).map(([name]) => name);
    expect(names).toContain("order:filled");
  });
});

describe("what everyone sees:", () => {
  test("books with numbers, diffs and checksums; price, tape, held liquidity, markets", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    await exchange.leader();
    const { redis, feed } = exchange;
    const view = await eventually(async () => {
      const first = await readBookView(redis, "BTCUSDT", 20);
      if (first === null) throw new Error("not published yet");
      return first;
    });
    expect(view).toMatchObject({
      pair: "SIM_BTC/SIM_USD",
      bids: [
        ["9999.00", "2"],
        ["9998.00", "5"],
      ],
      best: { bid: "9999.00", ask: "10000.00", spread: "1.00" },
    });
    expect(view.checksum).toBe(bookChecksum(view.bids, view.asks));

    feed.depth([[9_999_00, 0]], [[10_000_00, 3 * ONE]]);
    feed.trade(10_000_00, ONE, false);
    await eventually(async () => {
      const read = await readBookUpdates(redis, "BTCUSDT", 20, view.seq);
      expect(read).toMatchObject({
        kind: "updates",
        updates: [{ prevSeq: view.seq, bids: [["9999.00", "0"]], asks: [["10000.00", "3"]] }],
      });
    });

    await exchange.submit("alice", "open", { type: "account:open" });
    await exchange.submit("alice", "o1", marketOrder({ quantity: "1" }));
    await eventually(async () => {
      const tape = await readTape(redis, "BTCUSDT");
      expect(tape.map(({ source }) => source).sort()).toEqual(["binance", "user"]);
      expect(await lastEvent(redis, "BTCUSDT", "liquidity:held")).toMatchObject({
        asks: [["10000.00", "1"]],
      });
      expect(await lastEvent(redis, "BTCUSDT", "price:update")).toMatchObject({
        last: "10000.00",
        bid: "9998.00",
        mark: "9999.000",
      });
    });
    expect(await readMarkets(redis)).toMatchObject([
      { symbol: "BTCUSDT", status: "live", source: "simulated", stepSize: "0.00001" },
    ]);
  });
});
