import { expect, test } from "@jest/globals";
import { eventually, startRedisCluster } from "@mirrorbook/testkit";

test("a cluster of three serves keys of every slot and delivers sharded messages", async () => {
  await using cluster = await startRedisCluster();
  const client = cluster.client();
  const keys = Array.from({ length: 30 }, (_, index) => `key:{${index}}`);
  for (const key of keys) await client.set(key, key);
  for (const key of keys) expect(await client.get(key)).toBe(key);
  const sizes = await Promise.all(cluster.masters.map((master) => master.client().dbsize()));
  expect(Math.min(...sizes)).toBeGreaterThan(0);

  const heard: string[] = [];
  const subscriber = cluster.client();
  subscriber.on("smessage", (channel: string, message: string) => {
    heard.push(`${channel} ${message}`);
  });
  await subscriber.ssubscribe("news:{1}");
  await client.spublish("news:{1}", "hello");
  await eventually(() => expect(heard).toEqual(["news:{1} hello"]));
});
