/** The data of a local run: its Redis if that runs, else one started on the data for as long as the audit takes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

export interface LocalRedis extends AsyncDisposable {
  readonly url: string;
  /** For people: where the data comes from. */
  readonly description: string;
}

/** @throws {Error} that says what to do when there is neither a Redis nor data. */
export async function localRedis(dataFolder: string): Promise<LocalRedis> {
  const folder = resolve(dataFolder, "redis");
  const port = await runningPort(folder);
  if (port !== null) {
    const url = `redis://127.0.0.1:${port}`;
    return { url, description: `the running ${url}`, [Symbol.asyncDispose]: async () => {} };
  }
  if (!existsSync(folder)) {
    throw new Error(`There is no data in ${dataFolder}/redis: set REDIS_URL or DATA_DIR.`);
  }
  return startOn(folder);
}

/** The port of the Redis that holds `folder`; `null` when none runs. It writes its address into its process title. */
async function runningPort(folder: string): Promise<number | null> {
  const pid = (await readFile(join(folder, "redis.pid"), "utf8").catch(() => "")).trim();
  if (!/^\d+$/.test(pid)) return null;
  const title = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const match = /redis-server [^\s:]*:(\d+)/.exec(title);
  return match === null ? null : Number(match[1]);
}

async function startOn(folder: string): Promise<LocalRedis> {
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const child = spawn("redis-server", [...settings, "--save", "", "--appendonly", "yes"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await untilReady(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    description: `the stopped data in ${folder}`,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  let said = "";
  for await (const chunk of child.stdout!) {
    said += String(chunk);
    if (said.includes("Ready to accept connections")) {
      child.stdout!.resume();
      return;
    }
  }
  throw new Error(`redis-server does not start on this data:\n${said}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
