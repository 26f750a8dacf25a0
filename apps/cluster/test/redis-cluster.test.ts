/** P1 to P3 on real processes, with Redis as a cluster of three masters, and as a master with a replica and a Sentinel. */
import { expect, test } from "@jest/globals";
import {
  eventually,
  startCluster,
  startRedisCluster,
  startRedisSentinel,
} from "@mirrorbook/testkit";
import { Traffic } from "./support/traffic.ts";

const BOOK_UPDATES_MIN = 20;
const REPLICATED_WITHIN_MS = 5_000;
const TEST_WITHIN_MS = 120_000;

test(
  "two gateways on a Redis Cluster: every event on both, one book, and a new leader goes on",
  async () => {
    await using redis = await startRedisCluster({ appendOnly: true });
    await using cluster = await startCluster({ leaders: 2, gateways: 2, on: redis });
    const [here, there] = await Promise.all([
      cluster.client("bob", { gateway: 0 }),
      cluster.client("carol", { gateway: 1 }),
    ]);
    const { status, body } = await here.rest("POST", "orders", {
      pair: "ETHUSDT",
      side: "buy",
      type: "market",
      quoteQuantity: "250",
    });
    expect({ status, body }).toMatchObject({ status: 201, body: { order: { status: "filled" } } });

    const traffic = await Traffic.start(cluster);
    await traffic.flows();
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
      const books = await Promise.all([here.book(symbol), there.book(symbol)]);
      await eventually(
        () =>
          expect(Math.min(...books.map(({ updates }) => updates))).toBeGreaterThan(
            BOOK_UPDATES_MIN,
          ),
        { withinMs: 20_000 },
      );
      const [ours, theirs] = books;
      const shared = [...ours!.checksums].filter(([seq]) => theirs!.checksums.has(seq));
      expect(shared.length).toBeGreaterThan(BOOK_UPDATES_MIN / 2);
      for (const [seq, checksum] of shared) expect(theirs!.checksums.get(seq)).toBe(checksum);
      expect(books.flatMap(({ faults }) => faults)).toEqual([]);
    }

    const deposed = await cluster.leader();
    await deposed.kill("SIGKILL");
    await traffic.flows();
    await traffic.expectWhole();
    expect((await cluster.leader()).name).not.toBe(deposed.name);
  },
  TEST_WITHIN_MS,
);

test(
  "behind a Sentinel, all processes follow when the master dies and its replica takes over",
  async () => {
    await using redis = await startRedisSentinel();
    await using cluster = await startCluster({ gateways: 2, on: redis });
    const traffic = await Traffic.start(cluster);
    await traffic.flows();
    // Replication lags behind acknowledgements (README, "What Redis can lose"): here nothing is under way.
    await traffic.pause();
    const admin = redis.master.client();
    await admin.set("replicated-up-to-here", "1");
    expect(await admin.wait(1, REPLICATED_WITHIN_MS)).toBe(1);
    await redis.master.kill();
    traffic.resume();
    await traffic.isRefused("UNAVAILABLE", "OUTCOME_UNKNOWN");
    await traffic.flows();
    await traffic.expectWhole();
    for (const app of [...cluster.leaders, ...cluster.gateways])
      expect(app.child.running).toBe(true);
  },
  TEST_WITHIN_MS,
);
