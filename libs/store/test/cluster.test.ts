/** The same calls on a Redis Cluster of three masters: every script stays within one slot, every role connects. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually, startRedisCluster } from "@mirrorbook/testkit";
import {
  CommandDesk,
  FIRST_CURSOR,
  HeartbeatProbe,
  keys,
  Lease,
  nextCommands,
  publishAnswers,
  publishHeartbeat,
  type RedisClient,
  readAndRaise,
  readEvents,
  redisConfig,
  saveCursor,
  UserWriter,
  writeFenced,
} from "../src/index.ts";
import { balanceEvent, outcome, TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;
const userIds = Array.from({ length: 30 }, (_, i) => `user-${i}`);

beforeAll(async () => {
  const cluster = await startRedisCluster();
  store = new TestStore(redisConfig({ REDIS_CLUSTER_NODES: cluster.nodes }), cluster);
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());

test("users on every shard are claimed and committed together", async () => {
  const writer = new UserWriter(redis, store.packets, 1);
  const claims = await writer.claim(userIds);
  expect(new Set(claims.map(({ kind }) => kind))).toEqual(new Set(["claimed"]));
  const commits = userIds.map((userId) =>
    writer.commit(outcome({ userId, events: [balanceEvent(1)] })),
  );
  for (const result of await Promise.all(commits)) expect(result).toEqual({ kind: "committed" });
  expect(await readEvents(redis, "user-7", 0)).toMatchObject({ kind: "events", lastSeq: 1 });
});

test("lease, fences and cursor work", async () => {
  const lease = (await Lease.acquire(redis, { node: "a" }))!;
  expect(await lease.renew()).toBe(true);
  await readAndRaise(redis, keys.openOrders, lease.epoch);
  const written = await writeFenced(redis, keys.openOrders, lease.epoch, new Map([["u", "1"]]));
  expect(written).toEqual({ kind: "written" });
  await saveCursor(redis, "1-0");
});

test("a command is answered, and heartbeats are heard on the markets' shards", async () => {
  const subscriber = await store.connect("subscriber");
  const blocking = await store.connect("blocking");
  const { packets } = store;
  await using desk = await CommandDesk.open({ redis, subscriber, node: "gateway-1" });
  const submitted = desk.submit("alice", "k", { type: "account:open" });
  const [command] = await nextCommands(blocking, FIRST_CURSOR, 5_000);
  const { replyTo, requestId } = command!;
  await publishAnswers(redis, [{ replyTo, requestId, answer: { ok: true, value: "yes" } }]);
  expect(await submitted).toEqual({ ok: true, value: "yes" });

  const symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];
  const probe = await HeartbeatProbe.start({ subscriber, packets, symbols });
  let beat = 0;
  await eventually(async () => {
    const heartbeat = { node: "a", epoch: 1, beat: ++beat, timestamp: "" };
    await publishHeartbeat(redis, packets, heartbeat, symbols);
    expect(probe.alive()).toBe(true);
  });
  probe.close();
});
