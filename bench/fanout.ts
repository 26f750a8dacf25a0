/**
 * What does it cost the server to deliver one message of a book room?
 *
 * Input: 1,000 WebSocket clients per server, in the rooms of five books; 20 times a second one update of about 700
 * bytes in one room ("one book"), or one in each of the five ("five books"). Servers, clients and publisher are
 * processes of their own; CPU is the server's, from schedstat of all its threads. All servers run through the whole
 * bench and take turns in short windows, so that other work on the machine hits them alike; figures are medians.
 * Cases: ours (the hub), stock Socket.IO with the sharded adapter, `ws` with one prepared frame per message, nginx with
 * nchan where installed. Targets: ours ≤ 0.60 × stock and ≤ 1.15 × prepared; five books ≤ 0.40 × prepared per delivery.
 *
 * Last result (2 vCPU Xeon 2.5 GHz, Node 24.21, Redis 7.0.15, loopback, load average 5 to 10 from other work), µs per
 * delivery, one book / five books: ours 9.5 / 2.3, stock 15.7 / 8.3, prepared 8.8 / 8.1, nchan 8.4 / 6.6; ratios 0.64,
 * 1.08 and 0.30. On the quieter machine: ours 10.8 / 2.9, stock 18.3 / 10.7, prepared 10.5 / 8.8; ratios 0.59, 1.03, 0.33.
 * About three quarters of ours is the write system call, whose price the state of the machine sets.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { RoomPackets } from "@mirrorbook/store";
import { startRedis } from "@mirrorbook/testkit";
import type { Redis } from "ioredis";
import { BenchChild, cpuMicroseconds } from "./fanout/children.ts";
import type { ConnectClients } from "./fanout/clients.ts";
import { bookUpdate, ROOMS, SYMBOLS } from "./fanout/load.ts";
import { type Nchan, startNchan } from "./fanout/nchan.ts";

const TICK_MS = 50;
const SETTLE_WITHIN_MS = 3_000;

export interface FanoutOptions {
  readonly clients?: number;
  readonly windowMs?: number;
  readonly rounds?: number;
}

export interface FanoutResult {
  readonly cases: readonly { readonly name: string; readonly usPerDelivery: number }[];
  readonly ratioToStock: number;
  readonly ratioToPreparedFrame: number;
  readonly fivePairs: { readonly usPerDelivery: number; readonly ratioToPreparedFrame: number };
}

interface Case {
  readonly name: string;
  readonly pid: number;
  /** Publishes one tick: an update in each of the first `books` rooms. */
  publish(books: number): Promise<unknown>;
}

type Load = "one book" | "five books";
const BOOKS: Record<Load, number> = { "one book": 1, "five books": SYMBOLS.length };

const costKey = (name: string, load: Load) => `${name}, ${load}`;

export async function run(options: FanoutOptions = {}): Promise<FanoutResult> {
  const { clients = 1_000, windowMs = 400, rounds = 7 } = options;
  await using servers = new AsyncDisposableStack();
  const children: BenchChild[] = [];
  const nchan = await startNchan(SYMBOLS);
  try {
    const [crowd] = await BenchChild.start("./clients.ts");
    children.push(crowd);
    const cases: Case[] = [];
    for (const kind of ["ours", "stock", "prepared"] as const) {
      // One Redis each: ours and stock speak on channels of the same names.
      const redis = servers.use(await startRedis());
      const [server, { port }] = await BenchChild.start<{ port: number }>("./server.ts", [
        kind,
        String(redis.port),
      ]);
      children.push(server);
      const socketIo = kind !== "prepared";
      const path = socketIo ? "/socket.io/?EIO=4&transport=websocket" : "/";
      await crowd.ask<object>({
        group: kind,
        port,
        path,
        count: clients,
        socketIo,
      } satisfies ConnectClients);
      cases.push({ name: kind, pid: server.pid, publish: publishers[kind](redis.client()) });
    }
    if (nchan !== null) cases.push(await joinNchan(nchan, crowd, clients));
    await sleep(500); // joins of the last clients
    const costs = await measure(cases, crowd, { clients, windowMs, rounds });
    return summary(cases, costs);
  } finally {
    for (const child of children) child.stop();
    await nchan?.stop();
  }
}

/** How the update reaches each server: in the form its own publisher would send. */
const publishers = {
  ours: (redis: Redis) => {
    const packets = new RoomPackets();
    return numbered(redis, (room, event) => {
      const { channel, message } = packets.packet(room, [event]);
      return [channel, message];
    });
  },
  stock: (redis: Redis) => {
    const packets = new RoomPackets();
    return numbered(redis, (room, event) => {
      const { channel, before, after } = packets.template(room);
      const [name, payload] = JSON.parse(event) as [string, unknown];
      const head = before.slice(0, before.lastIndexOf('["batch",'));
      return [channel, `${head}["${name}",${JSON.stringify(payload)}${after}`];
    });
  },
  prepared: (redis: Redis) => numbered(redis, (room, event) => [`prepared:${room}`, event]),
};

/** Publishes updates numbered per room, all of a tick in one write. */
function numbered(redis: Redis, packet: (room: string, event: string) => [string, string]) {
  let seq = 0;
  const perBook = SYMBOLS.map(() => 0);
  return (books: number): Promise<unknown> => {
    const pipeline = redis.pipeline();
    for (let book = 0; book < books; book++) {
      seq = perBook[book]! + 1;
      perBook[book] = seq;
      const event = JSON.stringify(["orderbook:update", bookUpdate(SYMBOLS[book]!, seq)]);
      pipeline.spublish(...packet(ROOMS[book]!, event));
    }
    return pipeline.exec();
  };
}

async function joinNchan(nchan: Nchan, crowd: BenchChild, count: number): Promise<Case> {
  const request = { group: "nchan", port: nchan.port, path: nchan.path, count, socketIo: false };
  await crowd.ask<object>(request satisfies ConnectClients);
  let seq = 0;
  return {
    name: "nchan",
    pid: nchan.workerPid,
    publish: (books) => {
      seq++;
      const posts = SYMBOLS.slice(0, books).map((symbol) =>
        nchan.publish(symbol, JSON.stringify(["orderbook:update", bookUpdate(symbol, seq)])),
      );
      return Promise.all(posts);
    },
  };
}

/** µs per delivery of every window, by case and load. */
type Costs = ReadonlyMap<string, readonly number[]>;

async function measure(
  cases: readonly Case[],
  crowd: BenchChild,
  { clients, windowMs, rounds }: Required<FanoutOptions>,
): Promise<Costs> {
  const costs = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const load of Object.keys(BOOKS) as Load[]) {
      for (const one of cases) {
        const usPerDelivery = await measureWindow(one, load, crowd, clients, windowMs);
        if (round === 0) continue; // Warms up caches and the compiler.
        const key = costKey(one.name, load);
        costs.set(key, [...(costs.get(key) ?? []), usPerDelivery]);
      }
    }
  }
  return costs;
}

async function measureWindow(
  { name, pid, publish }: Case,
  load: Load,
  crowd: BenchChild,
  clients: number,
  windowMs: number,
): Promise<number> {
  const counted = async () =>
    (await crowd.ask<{ counts: Record<string, number> }>({ counts: true })).counts[name]!;
  const before = await counted();
  const cpuBefore = cpuMicroseconds(pid);
  const ticks = Math.round(windowMs / TICK_MS);
  const expected = ticks * BOOKS[load] * clients;
  const startedAt = performance.now();
  for (let tick = 0; tick < ticks; tick++) {
    await publish(BOOKS[load]);
    await sleep(Math.max(0, startedAt + (tick + 1) * TICK_MS - performance.now()));
  }
  const deadline = performance.now() + SETTLE_WITHIN_MS;
  let deliveries = (await counted()) - before;
  while (deliveries < expected && performance.now() < deadline) {
    await sleep(20);
    deliveries = (await counted()) - before;
  }
  if (deliveries !== expected) {
    throw new Error(`${name} delivered ${deliveries} of ${expected} messages (${load})`);
  }
  return (cpuMicroseconds(pid) - cpuBefore) / deliveries;
}

function summary(cases: readonly Case[], costs: Costs): FanoutResult {
  const windows = (name: string, load: Load) => costs.get(costKey(name, load))!;
  /** Round by round, since neighbouring windows meet the same other work. */
  const ratio = (name: string, load: Load) => {
    const others = windows(name, load);
    return rounded(median(windows("ours", load).map((us, round) => us / others[round]!)));
  };
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return {
    cases: cases.flatMap(({ name }) =>
      (Object.keys(BOOKS) as Load[]).map((load) => ({
        name: costKey(name, load),
        usPerDelivery: rounded(median(windows(name, load))),
      })),
    ),
    ratioToStock: ratio("stock", "one book"),
    ratioToPreparedFrame: ratio("prepared", "one book"),
    fivePairs: {
      usPerDelivery: rounded(median(windows("ours", "five books"))),
      ratioToPreparedFrame: ratio("prepared", "five books"),
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (import.meta.main) {
  const result = await run();
  if (process.argv.includes("--json")) console.log(JSON.stringify(result));
  else console.log(result);
}
