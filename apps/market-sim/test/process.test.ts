import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { readConfig } from "../src/config.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function run(environment: Record<string, string>): ChildProcess {
  const { PATH = "" } = process.env;
  return spawn(process.execPath, [MAIN], { env: { PATH, ...environment }, stdio: "pipe" });
}

test("the process serves, says where, and ends cleanly on SIGTERM", async () => {
  const child = run({ PORT: "0", SYMBOLS: "XRPUSDT", CONTROL: "on" });
  try {
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    const { url, msg } = JSON.parse(line);
    expect(msg).toBe("Market simulator listens");
    expect(await (await fetch(`${url}/api/v3/ping`)).json()).toEqual({});
    const status = (await (await fetch(`${url}/control/status`)).json()) as { source: object };
    expect(status.source).toMatchObject({ source: "synthetic", state: "running" });
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});

test.each([
  [{ PORT: "many" }, "PORT"],
  [{ SYMBOLS: "NOPEUSDT" }, "No preset"],
  [{ REPLAY_FILES: "nowhere.jsonl.gz" }, "cannot be read"],
  [{ REPLAY_SPEED: "51" }, "REPLAY_SPEED"],
])("with %j it refuses to start and names the setting", async (environment, part) => {
  const child = run(environment);
  let said = "";
  child.stderr!.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const [code] = await once(child, "close");
  expect(code).toBe(78);
  expect(said).toContain(part);
});

test("settings have defaults, lists and bounds", () => {
  expect(readConfig({})).toMatchObject({
    sim: { port: 4010, host: "127.0.0.1", seed: "mirrorbook", control: false },
    logLevel: "info",
  });
  const { sim } = readConfig({
    SYMBOLS: " BTCUSDT, FOOUSDT:3 ,",
    REPLAY_FILES: "a,b",
    REPLAY_SPEED: "max",
  });
  expect(sim.symbols).toEqual(["BTCUSDT", "FOOUSDT:3"]);
  expect(sim.replay).toMatchObject({
    files: ["a", "b"],
    speed: "max",
    begin: "on-subscription",
    end: "hold",
  });
  expect(() => readConfig({ CONTROL: "yes" })).toThrow("CONTROL");
});
