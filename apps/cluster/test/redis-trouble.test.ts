/** P3 on real processes while Redis is in trouble: nobody is restarted, no socket breaks, no event is missing or doubled. */
import { expect, test } from "@jest/globals";
import { startCluster, type TestCluster } from "@mirrorbook/testkit";
import { Traffic } from "./support/traffic.ts";

const TEST_WITHIN_MS = 120_000;
const REDIS = { appendOnly: true, config: { appendfsync: "everysec" } };
const KILLS = 5;

test.each(["normal", "pubsub"] as const)(
  "every %s connection to Redis is killed, time and again, under traffic",
  async (type) => {
    await using cluster = await startCluster({ leaders: 2, gateways: 2, redis: REDIS });
    const traffic = await Traffic.start(cluster);
    const admin = cluster.redis.client();
    await traffic.flows();
    for (let kill = 0; kill < KILLS; kill++) {
      const killed = await admin.call("CLIENT", "KILL", "TYPE", type);
      expect(Number(killed)).toBeGreaterThan(0);
      await traffic.flows();
    }
    await traffic.expectWhole();
    expectAllRunning(cluster);
  },
  TEST_WITHIN_MS,
);

test(
  "Redis is stopped and started again: commands are refused meanwhile, then all goes on",
  async () => {
    await using cluster = await startCluster({ leaders: 2, gateways: 2, redis: REDIS });
    const traffic = await Traffic.start(cluster);
    await traffic.flows();
    await cluster.redis.stop();
    await traffic.isRefused("UNAVAILABLE");
    await cluster.redis.start();
    await traffic.flows();
    await traffic.expectWhole();
    expectAllRunning(cluster);
  },
  TEST_WITHIN_MS,
);

// With `everysec` this lost events once, on a busy disk: Redis puts off its write for up to 2 s while an fsync is under way.
test(
  "Redis crashes under traffic: with fsync at every write, nothing that was acknowledged is lost",
  async () => {
    const redis = { appendOnly: true, config: { appendfsync: "always" } };
    await using cluster = await startCluster({ gateways: 2, redis });
    const traffic = await Traffic.start(cluster);
    await traffic.flows();
    await cluster.redis.kill();
    await traffic.isRefused("UNAVAILABLE", "OUTCOME_UNKNOWN");
    await cluster.redis.start();
    await traffic.flows();
    await traffic.expectWhole();
    expectAllRunning(cluster);
  },
  TEST_WITHIN_MS,
);

function expectAllRunning({ leaders, gateways }: TestCluster): void {
  for (const { name, child } of [...leaders, ...gateways]) {
    expect([name, child.running]).toEqual([name, true]);
  }
}
