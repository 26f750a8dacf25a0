/**
 * How long does a change of the market take to a client?
 *
 * From: a depth event comes out of the leader's feed. To: its book update comes out of the client's socket. One machine,
 * so one clock. Real processes: simulated BTCUSDT at ten events a second, leader, Redis, two gateways with 500 clients each,
 * all in the book of depth 20. 50 of the clients, spread over the order in which they joined, are timed in a process of
 * their own, since one process that reads a thousand sockets would measure itself. That process goes before all others and
 * the crowd's after them: both stand for machines of their own, and what is asked is not how long they wait for a processor
 * of this one.
 *
 * `ms`: from the last depth event that is in an update. Updates are published at most ten times a second, so an update may also
 * hold changes that had to wait for it: `oldestChangeMs` counts from the first event after the update before; the difference
 * is what the cadence adds. Targets: p50 ≤ 5 ms, p99 ≤ 25 ms.
 *
 * Last result: see bench/README.md.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster, temporaryFolder } from "@mirrorbook/testkit";
import type { FollowersRequest, Receipt } from "./clients/followers.ts";
import { BenchChild } from "./fanout/children.ts";

/** A depth event: its final update id, and when it came, in ms. */
type Stamp = readonly [finalUpdateId: number, receivedAtMs: number];

const SYMBOLS = ["BTCUSDT"];
const CLIENTS_PER_GATEWAY = 500;
const TIMED_PER_GATEWAY = 25;
const TURNS = 5;
const SETTLE_MS = 1_000;
const [FIRST, LAST] = [-15, 19];
const WINDOW_MS = 15_000;

export async function run({ windowMs = WINDOW_MS } = {}): Promise<object> {
  const children: BenchChild[] = [];
  const start = async (file: string): Promise<BenchChild> => {
    const [child] = await BenchChild.start(file);
    children.push(child);
    return child;
  };
  await using folder = await temporaryFolder();
  const STAMPS_FILE = join(folder.path, "stamps");
  await using cluster = await startCluster({
    gateways: 2,
    symbols: SYMBOLS,
    env: { LOG_LEVEL: "warn" },
    leaderEntry: "bench/latency/leader.ts",
    leaderEnv: { STAMPS_FILE },
    gatewayEnv: { CONNECTIONS_PER_ADDRESS_MAX: "10000" },
  });
  try {
    const crowd = await start("../clients/followers.ts");
    const timed = await start("../clients/followers.ts");
    const ask = <A>(child: BenchChild, request: FollowersRequest) => child.ask<A & object>(request);
    for (let turn = 0; turn < TURNS; turn++) {
      for (const { url } of cluster.gateways) {
        const follow = {
          kind: "follow",
          port: Number(new URL(url).port),
          symbols: SYMBOLS,
        } as const;
        const others = (CLIENTS_PER_GATEWAY - TIMED_PER_GATEWAY) / TURNS;
        const few = TIMED_PER_GATEWAY / TURNS;
        await ask(crowd, { ...follow, clients: others, stamped: false, niceness: LAST });
        await ask(timed, { ...follow, clients: few, stamped: true, niceness: FIRST });
      }
    }
    await sleep(SETTLE_MS);
    await ask(timed, { kind: "receipts" });
    await sleep(windowMs);
    const { receipts } = await ask<{ receipts: Receipt[] }>(timed, { kind: "receipts" });
    await sleep(SETTLE_MS);
    const stamps = parseStamps(await readFile(STAMPS_FILE, "utf8"));
    return {
      clients: 2 * CLIENTS_PER_GATEWAY,
      receipts: receipts.length,
      ...times(stamps, receipts),
    };
  } finally {
    for (const child of children) child.stop();
  }
}

function parseStamps(text: string): Stamp[] {
  const lines = text.trim().split("\n");
  return lines.map((line): Stamp => {
    const [id, atMs] = line.split(" ");
    return [Number(id), Number(atMs)];
  });
}

function times(stamps: readonly Stamp[], receipts: readonly Receipt[]) {
  const received = new Map(stamps);
  const next = new Map(stamps.slice(1).map(([, atMs], i) => [stamps[i]![0], atMs]));
  const updates = [...new Set(receipts.map(([id]) => id))].sort((a, b) => a - b);
  const before = new Map(updates.slice(1).map((id, i) => [id, updates[i]!]));
  const latest: number[] = [];
  const oldest: number[] = [];
  for (const [id, atMs] of receipts) {
    const [last, first] = [received.get(id), next.get(before.get(id) ?? -1)];
    if (last === undefined || first === undefined) continue;
    latest.push(atMs - last);
    oldest.push(atMs - first);
  }
  return { updates: updates.length, ms: percentiles(latest), oldestChangeMs: percentiles(oldest) };
}

function percentiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)]! * 10) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}

if (import.meta.main) {
  const result = await run();
  console.log(process.argv.includes("--json") ? JSON.stringify(result) : result);
}
