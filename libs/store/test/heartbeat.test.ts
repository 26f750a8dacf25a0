import { expect, test } from "@jest/globals";
import { eventually } from "@mirrorbook/testkit";
import { HEARTBEAT_MISSED_AFTER_MS, HeartbeatProbe, publishHeartbeat } from "../src/index.ts";
import { startStore } from "./support.ts";

const beat = (number: number) => ({
  node: "leader-1",
  epoch: 1,
  beat: number,
  timestamp: "2026-01-01T00:00:00.000Z",
});

test("a probe lives by the beats on every channel, and says when one falls silent", async () => {
  await using store = await startStore();
  const redis = await store.connect();
  const subscriber = await store.connect("subscriber");
  const clock = { atMs: 0, nowMs: () => 0, monotonicMs: () => clock.atMs };
  const { packets } = store;
  const probe = await HeartbeatProbe.start({ subscriber, packets, symbols: ["BTCUSDT"], clock });
  expect(probe.alive()).toBe(false);

  await publishHeartbeat(redis, packets, beat(1), ["BTCUSDT"]);
  await eventually(() => expect(probe.alive()).toBe(true));
  expect(probe.last).toEqual(beat(1));

  clock.atMs += HEARTBEAT_MISSED_AFTER_MS;
  await publishHeartbeat(redis, packets, beat(2), []);
  await eventually(() => expect(probe.last).toEqual(beat(2)));
  expect(probe.leaderSilentForMs()).toBe(0);
  expect(probe.alive()).toBe(false);
  probe.close();
});

test("a probe hears again after its connection was cut", async () => {
  await using store = await startStore();
  const redis = await store.connect();
  const subscriber = await store.connect("subscriber");
  const { packets } = store;
  const probe = await HeartbeatProbe.start({ subscriber, packets, symbols: ["BTCUSDT"] });
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  let number = 0;
  await eventually(async () => {
    await publishHeartbeat(redis, packets, beat(++number), ["BTCUSDT"]);
    expect(probe.last?.beat).toBeGreaterThan(0);
  });
  probe.close();
});
