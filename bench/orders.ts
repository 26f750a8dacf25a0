/**
 * How many market orders does the whole path take, and how long does one take?
 *
 * Path: Socket.IO `order:place` → gateway → stream of commands → leader → commit (state, nine events, history, publication)
 * → acknowledgement, and the user's own events back through the gateway. Real processes: Redis with the append-only file
 * on (everysec), simulated BTCUSDT, one leader, one gateway; 100 users with a connection each in a process of their own.
 * Beside it the same work as BullMQ jobs: a job per order, the same exchange and commit in the worker, the job's return value as
 * the acknowledgement. Both stand ready all the time and take turns, so other work on the machine hits them alike.
 *
 * Sustained rate: 200 orders under way at a time; median of the windows. Latency: 1,000 orders/s by the clock, each
 * timed from when it was due (no coordinated omission), to its acknowledgement and to `order:filled`.
 * Targets: ≥ 5,000 orders/s, p99 ≤ 20 ms at 1,000/s, ≥ 3 × BullMQ.
 *
 * Last result (2 vCPU Xeon 2.5 GHz, Node 24.21, Redis 7.0.15, loopback, quiet, two runs): 4,401 and 4,158 orders/s beside
 * 2,299 and 2,265 with BullMQ (1.91 and 1.84 ×), 382 and 398 µs per order in all (leader 149–159, gateway 110–113, Redis
 * 100–102, clients 23) beside 726 and 745; at 1,000/s p99 7.1–7.8 ms to the acknowledgement, 6.2–6.9 to the event. 20 ms is
 * reached. The processor is the limit of the rest: 5,000/s on two cores at this use of them needs 340 µs, and BullMQ, which
 * shares the exchange and the commit, gains by what these gain. Tried and not taken, for no gain: a Unix socket (the kernel's
 * share is 8 µs of the leader's, 18 of Redis'), a young generation of 32 and 64 MB (p99 36 ms in one run). A profile of the
 * leader is flat: collection 11 %, the events' JSON 7, writing to Redis 4, arguments of the commit 4, nothing else above 3.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { guest, startCluster, startRedis, type TestCluster } from "@mirrorbook/testkit";
import { BenchChild, cpuMicroseconds } from "./fanout/children.ts";
import type { ClosedLoad, ClosedResult, OpenLoad, OpenResult } from "./orders/crowd.ts";

const USERS = 100;
const UNDER_WAY = 200;
const ROUNDS = 3;
const CLOSED = { kind: "closed", underWay: UNDER_WAY, warmUpMs: 1_000, windowMs: 3_000 } as const;
const OPEN = { kind: "open", perSecond: 1_000, durationMs: 8_000 } as const;
/** Limits are for strangers; here one machine is a hundred busy users. */
const LIFTED = {
  ORDERS_PER_SECOND_MAX: "1000000",
  MESSAGES_PER_SECOND_MAX: "1000000",
  REQUESTS_PER_SECOND_MAX: "1000000",
  GUESTS_PER_MINUTE_MAX: "1000000",
  CONNECTIONS_PER_ADDRESS_MAX: "10000",
};
/** The file is not rewritten while we look: a child of Redis doing so takes one of the two cores for seconds. */
const DURABLE = { appendfsync: "everysec", "auto-aof-rewrite-min-size": "4gb" };
const QUIET = { LOG_LEVEL: "warn" };

type Case = "ours" | "bullmq";

export interface OrdersOptions {
  readonly rounds?: number;
}

export async function run({ rounds = ROUNDS }: OrdersOptions = {}): Promise<object> {
  const children: BenchChild[] = [];
  await using cluster = await startCluster({
    symbols: ["BTCUSDT"],
    redis: { appendOnly: true, config: DURABLE },
    env: QUIET,
    gatewayEnv: LIFTED,
  });
  try {
    const [crowd] = await BenchChild.start("../orders/crowd.ts");
    children.push(crowd);
    await connectOurs(cluster, crowd);
    await using redis = await startRedis({
      appendOnly: true,
      config: DURABLE,
    });
    const bullmqPids = await connectBullmq(redis.port, crowd, children);
    const pids: Record<Case, Pids> = {
      ours: {
        gateway: cluster.gateways[0]!.child.pid,
        leader: cluster.leaders[0]!.child.pid,
        redis: cluster.redis.pid,
        clients: crowd.pid,
      },
      bullmq: { ...bullmqPids, redis: redis.pid, clients: crowd.pid },
    };

    const rates: Record<Case, number[]> = { ours: [], bullmq: [] };
    const costs: Record<Case, Cpu[]> = { ours: [], bullmq: [] };
    for (let round = 0; round < rounds; round++) {
      for (const group of ["ours", "bullmq"] as const) {
        const load = { ...CLOSED, group } satisfies ClosedLoad;
        const before = cpuOf(pids[group]);
        const { ordersPerSecond, orders } = await crowd.ask<ClosedResult>(load);
        rates[group].push(ordersPerSecond);
        costs[group].push(perOrder(before, cpuOf(pids[group]), orders));
      }
    }
    await sleep(500);
    const open = (group: Case) => crowd.ask<OpenResult>({ ...OPEN, group } satisfies OpenLoad);
    const ours = await open("ours");
    const bullmq = await open("bullmq");
    const [ordersPerSecond, theirs] = [median(rates.ours), median(rates.bullmq)];
    return {
      ordersPerSecond: Math.round(ordersPerSecond),
      ackMs: rounded(ours.ackMs),
      eventMs: rounded(ours.eventMs),
      failed: ours.failed,
      cpuMicrosecondsPerOrder: middle(costs.ours),
      bullmq: {
        ordersPerSecond: Math.round(theirs),
        ackMs: rounded(bullmq.ackMs),
        eventMs: rounded(bullmq.eventMs),
        failed: bullmq.failed,
        cpuMicrosecondsPerOrder: middle(costs.bullmq),
      },
      ratio: Math.round((ordersPerSecond / theirs) * 100) / 100,
    };
  } finally {
    for (const child of children) child.stop();
  }
}

async function connectOurs(cluster: TestCluster, crowd: BenchChild): Promise<void> {
  const { url } = cluster.gateways[0]!;
  const sessions = await Promise.all(Array.from({ length: USERS }, () => guest(url)));
  const tokens = sessions.map(({ token }) => token);
  const port = Number(new URL(url).port);
  await crowd.ask({ kind: "connect", group: "ours", port, tokens });
}

async function connectBullmq(
  redisPort: number,
  crowd: BenchChild,
  children: BenchChild[],
): Promise<Pick<Pids, "gateway" | "leader">> {
  const [worker] = await BenchChild.start("../orders/bullmq-worker.ts", [String(redisPort)]);
  children.push(worker);
  const [gateway, { port }] = await BenchChild.start<{ port: number }>(
    "../orders/bullmq-gateway.ts",
    [String(redisPort)],
  );
  children.push(gateway);
  const tokens = Array.from({ length: USERS }, (_, i) => `bench-user-number-${i}`);
  await crowd.ask({ kind: "connect", group: "bullmq", port, tokens });
  return { gateway: gateway.pid, leader: worker.pid };
}

/** Ids of the processes of one case; the BullMQ worker stands in the leader's place. */
type Pids = Readonly<Record<"gateway" | "leader" | "redis" | "clients", number>>;
/** CPU of each process, µs in all or per order. It says what limits the rate, whatever else the machine does. */
type Cpu = Pids & { readonly all: number };

function cpuOf(pids: Pids): Cpu {
  const of = (name: keyof Pids) => cpuMicroseconds(pids[name]);
  const each = {
    gateway: of("gateway"),
    leader: of("leader"),
    redis: of("redis"),
    clients: of("clients"),
  };
  return { ...each, all: each.gateway + each.leader + each.redis + each.clients };
}

function perOrder(before: Cpu, after: Cpu, orders: number): Cpu {
  const cost = (name: keyof Cpu) => Math.round((after[name] - before[name]) / orders);
  return {
    gateway: cost("gateway"),
    leader: cost("leader"),
    redis: cost("redis"),
    clients: cost("clients"),
    all: cost("all"),
  };
}

function middle(costs: readonly Cpu[]): Cpu {
  return costs.toSorted((a, b) => a.all - b.all)[Math.floor(costs.length / 2)]!;
}

function rounded({ p50, p99 }: { p50: number; p99: number }) {
  return { p50: Math.round(p50 * 10) / 10, p99: Math.round(p99 * 10) / 10 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (import.meta.main) {
  const result = await run();
  console.log(process.argv.includes("--json") ? JSON.stringify(result) : result);
}
