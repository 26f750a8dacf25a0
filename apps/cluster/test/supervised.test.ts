import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Child, eventually, freePort, startRedis, temporaryFolder } from "@mirrorbook/testkit";
import type { Program } from "../src/program.ts";
import { checkRedis, redisProgram, stopLeftover } from "../src/redis-program.ts";
import { Supervised } from "../src/supervised.ts";

function script(source: string): Program {
  return {
    name: "script",
    command: process.execPath,
    arguments: ["--eval", source],
    environment: {},
    isNode: true,
    check: async () => null,
  };
}

function supervise(program: Program, folder: string) {
  const said: string[] = [];
  const supervised = new Supervised(program, folder, (line) => said.push(line));
  supervised.start();
  return {
    supervised,
    said,
    [Symbol.asyncDispose]: () => supervised.stop(5_000),
  };
}

test("a program that ends is started again, and it is said where its words are", async () => {
  await using folder = await temporaryFolder();
  await using watched = supervise(script('console.log("alive"); process.exit(3)'), folder.path);
  const { supervised, said } = watched;
  await eventually(() => expect(said.length).toBeGreaterThanOrEqual(2));
  expect(said[0]).toMatch(
    /^script ended \(code 3\) and is started again in 0.25 s; .*script\.log$/,
  );
  expect(await supervised.lastWords(1)).toBe("alive");
});

test("a command that does not exist counts as an end", async () => {
  await using folder = await temporaryFolder();
  const program = { ...script(""), command: "no-such-command", isNode: false };
  await using watched = supervise(program, folder.path);
  await eventually(() => expect(watched.said[0]).toContain("ENOENT"));
});

test("a program that will not stop is killed after its time, and not started again", async () => {
  await using folder = await temporaryFolder();
  const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 9); console.log("up")';
  const { supervised, said } = supervise(script(stubborn), folder.path);
  await eventually(async () => expect(await supervised.lastWords(1)).toBe("up"));
  await supervised.stop(100);
  expect(said).toEqual(["script does not stop within 0.1 s and is killed"]);
  expect(supervised.running).toBe(false);
});

test("each run has its own log, and the one before stays", async () => {
  await using folder = await temporaryFolder();
  const program = script('console.log("up"); setInterval(() => {}, 9)');
  for (let run = 0; run < 2; run++) {
    await using watched = supervise(program, folder.path);
    await eventually(async () => expect(await watched.supervised.lastWords(9)).toBe("up"));
  }
  expect((await readdir(folder.path)).sort()).toEqual(["script.log", "script.previous.log"]);
});

test("a Redis left behind by a killed runner is stopped before its data is used again", async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, "redis");
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  await stopLeftover(data, say);
  expect(said).toEqual([]);

  const program = redisProgram(data, await freePort(), { PATH: process.env.PATH ?? "" });
  await using left = new Child(program);
  await eventually(async () => expect(await program.check()).toBeNull());
  await stopLeftover(data, say);
  expect(await left.exited).toEqual({ code: 0, signal: null });
  expect(said[0]).toContain(`pid ${left.pid}`);
});

test("an unreachable Redis is told without its password", async () => {
  const port = await freePort();
  expect(await checkRedis(`redis://user:secret@127.0.0.1:${port}`)).toMatch(
    /^Redis at redis:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/,
  );
});

test("a Redis with a password takes it from the URL, or from beside it", async () => {
  await using redis = await startRedis({ config: { requirepass: "a secret of ours" } });
  expect(await checkRedis(redis.url)).toMatch(/NOAUTH/);
  expect(await checkRedis(redis.url, "a secret of ours")).toBeNull();
  const named = redis.url.replace("//", "//:a%20secret%20of%20ours@");
  expect(await checkRedis(named, "another")).toBeNull();
});
