import { expect, test } from "@jest/globals";
import { eventually, startRedis } from "@mirrorbook/testkit";

test("an append-only server keeps its data across a crash and a restart, on the same port", async () => {
  await using redis = await startRedis({
    appendOnly: true,
    config: { appendfsync: "always" },
  });
  const client = redis.client();
  await client.xadd("log", "1-0", "event", "first");
  await redis.kill();
  await redis.start();
  await redis.restart();
  await eventually(async () => expect(await client.xlen("log")).toBe(1));
});

test("a paused server answers nothing until it is resumed", async () => {
  await using redis = await startRedis();
  const client = redis.client({ commandTimeout: 100 });
  await client.ping();
  redis.pause();
  await expect(client.ping()).rejects.toThrow("timed out");
  redis.resume();
  await eventually(async () => expect(await client.ping()).toBe("PONG"));
});

test("two servers live side by side and leave nothing running behind", async () => {
  const ports: number[] = [];
  {
    await using first = await startRedis();
    await using second = await startRedis();
    ports.push(first.port, second.port);
    await first.client().set("key", "first");
    expect(await second.client().get("key")).toBeNull();
  }
  for (const port of ports) {
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow("fetch failed");
  }
});
