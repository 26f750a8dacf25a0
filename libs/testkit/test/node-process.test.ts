import { expect, test } from "@jest/globals";
import { answersAt, eventually, freePort, startProcess } from "@mirrorbook/testkit";

const SERVER = "libs/testkit/test/fixtures/http-server.ts";

test("a process is ready when it answers, and ends in its own way when asked", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await using server = await startProcess({
    name: "server",
    entry: SERVER,
    env: { PORT: String(port) },
    ready: answersAt(url),
  });
  expect(await (await fetch(url)).text()).toBe(`pid ${server.pid}`);
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(server.log).toEqual(["listening", "stopping"]);
});

test("a process that ends before it is ready is an error with its last words", async () => {
  const starting = startProcess({
    name: "broken",
    entry: SERVER,
    env: { PORT: "-1" },
    ready: answersAt("http://127.0.0.1:1"),
  });
  await expect(starting).rejects.toThrow(/^broken: it ended with code 1[\s\S]*ERR_SOCKET_BAD_PORT/);
});

test("a paused process neither answers nor ends until it is resumed", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await using server = await startProcess({
    name: "server",
    entry: SERVER,
    env: { PORT: String(port) },
    ready: answersAt(url),
  });
  server.pause();
  await expect(fetch(url, { signal: AbortSignal.timeout(100) })).rejects.toThrow("timeout");
  expect(server.running).toBe(true);
  server.resume();
  await eventually(answersAt(url));
});

test("no process outlives the one that started it, however that one ends", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await using parent = await startProcess({
    name: "parent",
    entry: "libs/testkit/test/fixtures/dying-parent.ts",
    env: { PORT: String(port) },
  });
  await parent.line((line) => line.startsWith("child "), 10_000);
  await answersAt(url)();
  await parent.kill("SIGKILL");
  await eventually(async () => await expect(fetch(url)).rejects.toThrow("fetch failed"));
});
