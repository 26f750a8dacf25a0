import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import { closeRedis, connectRedis, redisConfig, redisReady } from "../src/index.ts";

const PASSWORD = "the right one";
let server: RedisServer;

beforeAll(async () => {
  server = await startRedis({ config: { requirepass: PASSWORD } });
});
afterAll(() => server[Symbol.asyncDispose]());

/** A password beside the URL was once read and dropped: each process stayed away from Redis without a word. */
test("REDIS_PASSWORD opens the server that REDIS_URL names", async () => {
  const settings = { REDIS_URL: server.url, REDIS_PASSWORD: PASSWORD };
  await expect(opens(settings)).resolves.toBeUndefined();
  await expect(opens({ ...settings, REDIS_PASSWORD: "a wrong one" })).rejects.toThrow();
});

test("a password inside the URL goes before REDIS_PASSWORD", async () => {
  const url = server.url.replace("//", `//:${encodeURIComponent(PASSWORD)}@`);
  const settings = { REDIS_URL: url, REDIS_PASSWORD: "a wrong one" };
  await expect(opens(settings)).resolves.toBeUndefined();
});

async function opens(settings: { REDIS_URL: string; REDIS_PASSWORD: string }): Promise<void> {
  const redis = connectRedis(redisConfig(settings), "command");
  try {
    await redisReady(redis, 1_000);
  } finally {
    closeRedis(redis);
  }
}
