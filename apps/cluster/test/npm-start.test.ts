/** What `npm start` runs once the machine is set up. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import {
  type Child,
  callRest,
  eventually,
  freePort,
  guest,
  startProcess,
  type TemporaryFolder,
  temporaryFolder,
} from "@mirrorbook/testkit";

const READY_WITHIN_MS = 60_000;
const BUY = { pair: "BTCUSDT", side: "buy", type: "market", quantity: "0.01" };

test("it comes up on the simulated market, trades, keeps its data, and Ctrl-C leaves no process", async () => {
  await using folder = await temporaryFolder();
  let token: string;
  {
    await using runner = await startRunner(folder);
    const [first, second] = urlsOf(runner);
    expect(runner.log.join("\n")).toMatch(/SIMULATED, no real prices: MARKET=simulated/);
    for (const url of [first!, second!]) await expectPage(url);
    ({ token } = await guest(first!));
    const placed = await eventually(async () => {
      const answer = await callRest(second!, "POST", "orders", { body: BUY, token });
      expect(answer).toMatchObject({ status: 201, body: { order: { status: "filled" } } });
      return answer;
    });
    expect(placed.status).toBe(201);
    await expectCleanStop(runner);
  }
  {
    await using runner = await startRunner(folder);
    const { body } = await callRest<{ balances: { asset: string; total: string }[] }>(
      urlsOf(runner)[0]!,
      "GET",
      "balances",
      { token },
    );
    expect(body.balances.map(({ asset }) => asset).sort()).toEqual(["SIM_BTC", "SIM_USD"]);
    await expectCleanStop(runner);
  }
}, 120_000);

test("a leader that dies is started again, and a second runner on the same data is refused", async () => {
  await using folder = await temporaryFolder();
  await using runner = await startRunner(folder);
  const second = startRunner(folder);
  await expect(second).rejects.toThrow(/running here already \(pid \d+\)/);

  const leader = (await descendants(runner.pid)).find(({ commandLine }) =>
    commandLine.includes("apps/leader"),
  );
  process.kill(leader!.pid, "SIGKILL");
  await runner.line((line) => /^leader-\d ended \(SIGKILL\)/.test(line), 5_000);
  await eventually(async () => {
    const leaders = (await descendants(runner.pid)).filter(({ commandLine }) =>
      commandLine.includes("apps/leader"),
    );
    expect(leaders).toHaveLength(2);
  });
  await expectCleanStop(runner);
}, 120_000);

async function startRunner(folder: TemporaryFolder): Promise<Child> {
  return startProcess({
    name: "npm start",
    entry: "apps/cluster/src/main.ts",
    env: {
      DATA_DIR: join(folder.path, "data"),
      MARKET: "simulated",
      PORT: String(await freePort()),
      SYMBOLS: "BTCUSDT",
    },
    ready: (runner) => {
      if (!runner.log.some((line) => line.startsWith("Mirrorbook is ready"))) throw new Error("no");
    },
    readyWithinMs: READY_WITHIN_MS,
  });
}

/** Built before by `npm test`, as by `npm start`. */
async function expectPage(url: string): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  const [, script] = /<script[^>]* src="([^"]+)"/.exec(text) ?? [];
  const code = await fetch(new URL(script!, url));
  expect([code.status, (await code.text()).length > 10_000]).toEqual([200, true]);
}

function urlsOf(runner: Child): string[] {
  return runner.log.flatMap((line) => /http:\/\/localhost:\d+/.exec(line) ?? []);
}

async function expectCleanStop(runner: Child): Promise<void> {
  const family = await descendants(runner.pid);
  expect(family.length).toBeGreaterThanOrEqual(6);
  expect(await runner.kill("SIGINT", 20_000)).toEqual({ code: 0, signal: null });
  expect(runner.log.at(-1)).toBe("Stopped.");
  for (const { pid, commandLine } of family) {
    expect([commandLine, await isAlive(pid)]).toEqual([commandLine, false]);
  }
}

interface Process {
  readonly pid: number;
  readonly commandLine: string;
}

async function descendants(pid: number): Promise<Process[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name)
      ? await readFile(`/proc/${name}/stat`, "utf8").catch(() => "")
      : "";
    const parent = /\) \w (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found: Process[] = [];
  for (const child of parents.keys()) {
    let ancestor: number | undefined = parents.get(child);
    while (ancestor !== undefined && ancestor !== pid) ancestor = parents.get(ancestor);
    if (ancestor === pid) found.push({ pid: child, commandLine: await commandLineOf(child) });
  }
  return found;
}

async function commandLineOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text.replaceAll("\0", " ").trim();
}

/** A process that has ended but was not reaped yet has no command line any more. */
async function isAlive(pid: number): Promise<boolean> {
  return (await commandLineOf(pid)) !== "";
}
