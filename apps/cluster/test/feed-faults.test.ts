/** P6 on real processes: whatever happens to the market's lines, nothing is filled on a stale book. */
import { expect, test } from "@jest/globals";
import type { Answer, Level, MarketEvents, PlacedOrder, Trade } from "@mirrorbook/protocol";
import {
  eventually,
  MarketWitness,
  type MirroredBook,
  startCluster,
  type TestClient,
  type TestCluster,
} from "@mirrorbook/testkit";

type FeedStatus = MarketEvents["feed:status"];

const STALE_AFTER_MS = 1_000;
/** The library's own reconnect takes four seconds or more. */
const RECOVERY_WITHIN_MS = 25_000;
const COMPARISONS_MIN = 10;
const FEED = { leaderEnv: { FEED_STALE_AFTER_MS: String(STALE_AFTER_MS) }, symbols: ["BTCUSDT"] };
const BUY = { pair: "BTCUSDT", side: "buy", type: "market", quantity: "0.0001" };

test("a gap leads to a new snapshot; orders are refused until it is there", async () => {
  await using cluster = await startCluster(FEED);
  const watch = await watchMarket(cluster);
  await cluster.market.fault("rest", { delayMs: 1_500 }); // The snapshot takes its time, so that orders meet the gap.
  await cluster.market.fault("gap", { symbol: "BTCUSDT", diffs: 3 });
  await watch.until("resyncing");
  await watch.expectRefusal();
  await cluster.market.fault("clear", {});
  await watch.until("live");
  await watch.expectFill();
  await watch.finish();
});

test("a silent market is stale, and orders are refused until it speaks again", async () => {
  await using cluster = await startCluster(FEED);
  const watch = await watchMarket(cluster);
  await cluster.market.fault("stall", { connection: "all", durationMs: 60_000 });
  await watch.until("stale");
  await watch.expectRefusal();
  await cluster.market.fault("clear", {});
  await watch.until("live");
  await watch.expectFill();
  await watch.finish();
});

test("losing every line stops matching; losing one of two goes unnoticed", async () => {
  await using cluster = await startCluster(FEED);
  const watch = await watchMarket(cluster);

  const [line] = await cluster.market.connections();
  const before = watch.book.updates;
  await cluster.market.fault("drop", { connection: line!.id });
  await eventually(() => expect(watch.book.updates).toBeGreaterThan(before + 20));
  expect(watch.told().filter((status) => status !== "live")).toEqual([]);
  await watch.expectFill();

  await cluster.market.fault("refuse", { status: 503, target: "stream" });
  await cluster.market.fault("drop", { connection: "all" });
  await watch.until("stale");
  await watch.expectRefusal();
  await cluster.market.fault("clear", {});
  await watch.until("live");
  await watch.expectFill();
  await watch.finish();
});

/** A client that watches one market and trades in it; knows when it was told what. */
async function watchMarket(cluster: TestCluster) {
  const client = await cluster.client("alice");
  await client.subscribe({ channel: "ticker", pair: "BTCUSDT" });
  const book = await client.book("BTCUSDT");
  await eventually(async () => expect((await order(client)).ok).toBe(true));
  const known = statuses(client).length;
  const told = () => statuses(client).slice(known);

  return {
    book,
    told: () => told().map(({ status }) => status),
    /** Waits until the latest word about the market is `status`. */
    until: (status: FeedStatus["status"]) =>
      eventually(
        () =>
          expect(
            told()
              .map((event) => event.status)
              .at(-1),
          ).toBe(status),
        {
          withinMs: RECOVERY_WITHIN_MS,
        },
      ),
    async expectRefusal() {
      expect(await order(client)).toMatchObject({
        ok: false,
        error: { code: "MARKET_STALE", retry: true },
      });
    },
    async expectFill() {
      expect(await order(client)).toMatchObject({
        ok: true,
        value: { order: { status: "filled" } },
      });
    },
    /** No fill falls into a time when the market was not live, the book is whole and true. */
    async finish() {
      for (const { executedAt } of trades(client)) {
        const status =
          told().findLast(({ timestamp }) => timestamp <= executedAt)?.status ?? "live";
        expect({ executedAt, status }).toEqual({ executedAt, status: "live" });
      }
      expect(book.faults).toEqual([]);
      await expectTrueBook(cluster, book);
    },
  };
}

function order(client: TestClient): Promise<Answer<PlacedOrder>> {
  return client.ask("order:place", BUY);
}

function statuses(client: TestClient): FeedStatus[] {
  return client.of("feed:status");
}

function trades(client: TestClient): Trade[] {
  return client.of("trade:executed").map(({ trade }) => trade);
}

/** The client's book is what an independent follower of the market saw at the same update id, many times over. */
async function expectTrueBook(cluster: TestCluster, book: MirroredBook): Promise<void> {
  await using witness = await MarketWitness.start(cluster.market.url, "BTCUSDT");
  const compared = new Map<number, { ours: unknown; theirs: unknown }>();
  await eventually(() => {
    const theirs = witness.views.get(book.lastUpdateId);
    if (theirs !== undefined) {
      const ours = { bids: numbers(book.bids), asks: numbers(book.asks) };
      compared.set(book.lastUpdateId, { ours, theirs });
    }
    expect(compared.size).toBeGreaterThanOrEqual(COMPARISONS_MIN);
  });
  for (const { ours, theirs } of compared.values()) expect(ours).toEqual(theirs);
}

function numbers(levels: readonly Level[]) {
  return levels.map(([price, size]) => [Number(price), Number(size)]);
}
