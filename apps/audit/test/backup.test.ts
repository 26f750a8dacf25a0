/** Backup and restore as docs/operations.md tells it: taken while users trade, put back, audited, traded on. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import type { Balance } from "@mirrorbook/protocol";
import {
  eventually,
  REPOSITORY,
  type RedisServer,
  startCluster,
  startRedis,
  temporaryFolder,
} from "@mirrorbook/testkit";

const run = promisify(execFile);
/** Sessions outlive the restore, and nobody is too fast. */
const SETTINGS = {
  JWT_SECRET: randomBytes(32).toString("hex"),
  ORDERS_PER_SECOND_MAX: "10000",
  MESSAGES_PER_SECOND_MAX: "10000",
};
const BUY = { pair: "BTCUSDT", side: "buy", type: "market", quantity: "0.001" };
/** Less than was bought, by more than the fee: however long a backup takes, no money runs out. */
const SELL = { ...BUY, side: "sell", quantity: "0.0009" };

test("a backup taken under trade is whole: put back, its journals balance and users trade on", async () => {
  await using folder = await temporaryFolder();
  const backup = join(folder.path, "dump.rdb");
  await using original = await startRedis({ appendOnly: true });
  const session = await (async () => {
    await using cluster = await startCluster({ on: original, env: SETTINGS });
    const alice = await cluster.client("alice");
    await alice.place(BUY);
    let trading = true;
    const trades = (async () => {
      while (trading) {
        await alice.place(SELL);
        await alice.place(BUY);
      }
    })();
    await run("redis-cli", ["-u", original.url, "--rdb", backup]);
    trading = false;
    await trades;
    return cluster.session("alice");
  })();

  // A server that starts with an append-only file asked for, and none there, does not look at the dump.
  const restored = { dir: folder.path };
  await using loading = await startRedis({ config: restored });
  await loading.client().config("SET", "appendonly", "yes");
  await rewritten(loading);
  await loading.stop();
  await using server = await startRedis({ appendOnly: true, config: restored });

  expect(await audit(server)).toContain("Every balance is what its journal adds up to.");
  await using cluster = await startCluster({ on: server, env: SETTINGS });
  const gateway = cluster.gateways[0]!.url;
  const { balances } = (await (await get(gateway, "balances", session.token)).json()) as {
    balances: Balance[];
  };
  expect(balances.find(({ asset }) => asset === "SIM_BTC")).toBeDefined();
  const bob = await cluster.client("bob");
  expect((await bob.place(BUY)).order.status).toBe("filled");
  expect(await audit(server)).toContain("Every balance is what its journal adds up to.");
}, 90_000);

function get(gateway: string, path: string, token: string): Promise<Response> {
  return fetch(`${gateway}/api/${path}`, { headers: { authorization: `Bearer ${token}` } });
}

async function rewritten(server: RedisServer): Promise<void> {
  await eventually(async () => {
    const state = await server.client().info("persistence");
    expect(state).toMatch(/aof_rewrite_in_progress:0/);
    expect(state).toMatch(/aof_rewrite_scheduled:0/);
  });
}

/** Runs the audit as an operator does. @throws with its words when it exits with anything but 0. */
async function audit(server: RedisServer): Promise<string> {
  const { stdout } = await run(process.execPath, ["apps/audit/src/main.ts"], {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH, ...server.env },
  });
  return stdout;
}
