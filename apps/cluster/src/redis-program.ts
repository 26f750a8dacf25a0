import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Program } from "./program.ts";

const STOP_WITHIN_MS = 10_000;
const EVERY_MS = 50;

/** The runner's own Redis: loopback only, data kept in an append-only file synced every second. */
export function redisProgram(
  folder: string,
  port: number,
  environment: Readonly<Record<string, string>>,
): Program {
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: resolve(folder),
    pidfile: resolve(folder, "redis.pid"),
    daemonize: "no",
    save: "",
    appendonly: "yes",
    appendfsync: "everysec",
    // From 64 MB, as is the default, busy traders would have it rewritten every few seconds.
    "auto-aof-rewrite-min-size": "256mb",
    "maxmemory-policy": "noeviction",
  };
  return {
    name: "redis",
    command: "redis-server",
    arguments: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    environment,
    isNode: false,
    port,
    check: () => checkRedis(`redis://127.0.0.1:${port}`),
  };
}

/** Answers with null when a Redis at `url` answers PING, else with why not. `password`: for a URL without one. */
export async function checkRedis(url: string, password?: string): Promise<string | null> {
  const client = new Redis(url, {
    ...(password === undefined ? {} : { password }),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason = "";
  client.on("error", ({ message }) => {
    reason = message; // The failed command only says that the connection is closed.
  });
  try {
    await client.ping();
    return null;
  } catch (error) {
    return `Redis at ${withoutPassword(url)}: ${reason || (error as Error).message}`;
  } finally {
    if (client.status !== "end") client.disconnect();
  }
}

/** Stops a Redis that still holds the data because a runner before us was killed. */
export async function stopLeftover(folder: string, say: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pid = Number(await readFile(join(folder, "redis.pid"), "utf8").catch(() => ""));
  if (!(pid > 0) || !(await isRedis(pid))) return;
  say(`A Redis of an earlier run (pid ${pid}) still holds ${folder}; stopping it`);
  process.kill(pid, "SIGTERM");
  for (let waitedMs = 0; await isRedis(pid); waitedMs += EVERY_MS) {
    if (waitedMs > STOP_WITHIN_MS) throw new Error(`Redis ${pid} does not stop: end it by hand.`);
    await sleep(EVERY_MS);
  }
}

/** Whether the process is alive and a redis-server; without /proc, being alive is what can be known. */
async function isRedis(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "redis-server");
  return commandLine.includes("redis-server");
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
