/**
 * How much memory does a server hold per idle connection, authenticated and subscribed to one book?
 *
 * Input: 5,000 Socket.IO connections over WebSocket to each server, in processes of their own. Resident memory from
 * /proc/<pid>/statm after a garbage collection, less that of the server before the first connection; kernel
 * socket buffers are not in it. Of two servers of each kind the smaller counts: what the connecting phase leaves on
 * half-empty pages is chance. Cases: ours (the hub) and stock Socket.IO with the sharded adapter, in one run.
 * Target: ours ≤ 1.0 × stock.
 *
 * Last results (2 vCPU Xeon 2.5 GHz, Node 24.21, two runs): ours 23.1 and 23.6 KB, stock 25.2 and 26.2 KB; ratios 0.91
 * and 0.90.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "@mirrorbook/testkit";
import { BenchChild, residentBytes } from "./fanout/children.ts";
import type { ConnectClients } from "./fanout/clients.ts";

const SETTLE_MS = 1_000;
const KINDS = { ours: "ours, one book", stock: "stock, one book" } as const;
type Kind = keyof typeof KINDS;

export interface MemoryOptions {
  readonly connections?: number;
}

export interface MemoryResult {
  readonly connections: number;
  readonly bytesPerConnection: Readonly<Record<Kind, number>>;
  readonly ratioToStock: number;
}

export async function run(options: MemoryOptions = {}): Promise<MemoryResult> {
  const { connections = 5_000 } = options;
  const bytes: Record<Kind, number> = {
    stock: Number.POSITIVE_INFINITY,
    ours: Number.POSITIVE_INFINITY,
  };
  for (const kind of ["stock", "ours", "stock", "ours"] as const) {
    const measured = Math.round(await bytesPerConnection(kind, connections));
    bytes[kind] = Math.min(bytes[kind], measured);
  }
  return {
    connections,
    bytesPerConnection: bytes,
    ratioToStock: Math.round((bytes.ours / bytes.stock) * 100) / 100,
  };
}

async function bytesPerConnection(kind: Kind, count: number): Promise<number> {
  await using redis = await startRedis();
  const [server, { port }] = await BenchChild.start<{ port: number }>(
    "./server.ts",
    [KINDS[kind], String(redis.port)],
    ["--expose-gc"],
  );
  const [crowd] = await BenchChild.start("./clients.ts");
  try {
    await server.ask({ collectGarbage: true });
    const before = residentBytes(server.pid);
    const path = "/socket.io/?EIO=4&transport=websocket";
    await crowd.ask<object>({
      group: kind,
      port,
      path,
      count,
      socketIo: true,
    } satisfies ConnectClients);
    await sleep(SETTLE_MS);
    await server.ask({ collectGarbage: true });
    await sleep(SETTLE_MS);
    return (residentBytes(server.pid) - before) / count;
  } finally {
    server.stop();
    crowd.stop();
  }
}

if (import.meta.main) {
  const result = await run();
  console.log(process.argv.includes("--json") ? JSON.stringify(result) : result);
}
