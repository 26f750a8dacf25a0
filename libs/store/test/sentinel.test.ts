/** A master, its replica, and a Sentinel that promotes the replica when the master dies. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import {
  Child,
  eventually,
  freePort,
  type RedisServer,
  startRedis,
  type TemporaryFolder,
  temporaryFolder,
} from "@mirrorbook/testkit";
import { keys, lastSeqs, redisConfig, UserWriter } from "../src/index.ts";
import { balanceEvent, outcome, TestStore } from "./support.ts";

async function startSentinel(folder: TemporaryFolder, master: RedisServer, port: number) {
  const file = join(folder.path, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder.path}`,
    `sentinel monitor mirrorbook 127.0.0.1 ${master.port} 1`,
    "sentinel down-after-milliseconds mirrorbook 500",
    "sentinel failover-timeout mirrorbook 2000",
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = new Child({
    name: "sentinel",
    command: "redis-server",
    arguments: [file, "--sentinel"],
  });
  await child.line((line) => line.includes("+monitor master"), 10_000);
  await child.line((line) => line.includes("+slave"), 15_000);
  return child;
}

test("every role follows a failover, and what was replicated is still fenced", async () => {
  await using folder = await temporaryFolder();
  await using master = await startRedis();
  const replicaof = `127.0.0.1 ${master.port}`;
  await using replica = await startRedis({ config: { replicaof } });
  const port = await freePort();
  await using sentinel = await startSentinel(folder, master, port);
  const config = redisConfig({
    REDIS_SENTINELS: `127.0.0.1:${port}`,
    REDIS_SENTINEL_NAME: "mirrorbook",
  });
  await using store = new TestStore(config, { [Symbol.asyncDispose]: async () => {} });
  const redis = await store.connect();
  const subscriber = await store.connect("subscriber");
  const heard: string[] = [];
  subscriber.on("smessage", (_, message) => heard.push(message));
  await subscriber.ssubscribe("answers:{me}");

  const writer = new UserWriter(redis, store.packets, 1);
  await writer.claim(["alice"]);
  await writer.commit(outcome({ events: [balanceEvent(1)] }));
  await eventually(async () => {
    expect(await replica.client().xlen(keys.userEvents("alice"))).toBe(1);
  });

  await master.kill();
  await eventually(
    async () => {
      const next = new UserWriter(redis, store.packets, 2);
      expect(await next.claim(["alice"])).toMatchObject([
        { kind: "claimed", user: { version: 1 } },
      ]);
    },
    { withinMs: 20_000 },
  );
  const stale = outcome({ version: 1, lastSeq: 1, events: [balanceEvent(2)] });
  expect(await writer.commit(stale)).toMatchObject({ kind: "refused" });
  expect(await lastSeqs(redis, ["alice"])).toEqual([1]);
  await eventually(async () => {
    await redis.spublish("answers:{me}", "still there");
    expect(heard).toContain("still there");
  });
  expect(sentinel.running).toBe(true);
}, 60_000);
