/**
 * How many market orders does the whole path take, and how long does one take?
 *
 * Path: Socket.IO `order:place` → gateway → stream of commands → leader → commit (state, nine events, history, publication)
 * → acknowledgement, and the user's own events back through the gateway. Real processes: Redis with the append-only file
 * on (everysec), simulated BTCUSDT, one leader, one gateway; 100 users with a connection each in a process of their own.
 * Beside it the same work as BullMQ jobs: a job per order, the same exchange and commit in the worker, the job's return value as
 * the acknowledgement. Both stand ready all the time and take turns, so other work on the machine hits them alike.
 *
 * Sustained rate: 500 orders under way at a time; median of the windows. Latency: 1,000 orders/s by the clock, each
 * timed from when it was due (no coordinated omission), to its acknowledgement and to `order:filled`.
 * Targets: ≥ 5,000 orders/s, p99 ≤ 20 ms at 1,000/s, ≥ 3 × BullMQ.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { guest, startCluster, startRedis, type TestCluster } from "@mirrorbook/testkit";
import { BenchChild, cpuMicroseconds } from "./fanout/children.ts";
import type { ClosedLoad, ClosedResult, OpenLoad, OpenResult } from "./orders/crowd.ts";

const USERS = 100;
const UNDER_WAY = 500;
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
    await connectBullmq(redis.port, crowd, children);

    const rates: Record<Case, number[]> = { ours: [], bullmq: [] };
    const costs: Cpu[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const group of ["ours", "bullmq"] as const) {
        const load = { ...CLOSED, group } satisfies ClosedLoad;
        const before = cpuOf(cluster, crowd);
        const { ordersPerSecond, orders } = await crowd.ask<ClosedResult>(load);
        rates[group].push(ordersPerSecond);
        if (group === "ours") costs.push(perOrder(before, cpuOf(cluster, crowd), orders));
      }
    }
    await sleep(500);
    const open = (group: Case) => crowd.ask<OpenResult>({ ...OPEN, group } satisfies OpenLoad);
    const ours = await open("ours");
    const bullmq = await open("bullmq");
    const [ordersPerSecond, theirs] = [median(rates.ours), median(rates.bullmq)];
    const cost = costs.toSorted((a, b) => a.gateway - b.gateway)[Math.floor(costs.length / 2)]!;
    return {
      cpuMicrosecondsPerOrder: cost,
      ordersPerSecond: Math.round(ordersPerSecond),
      ackMs: rounded(ours.ackMs),
      eventMs: rounded(ours.eventMs),
      failed: ours.failed,
      bullmq: {
        ordersPerSecond: Math.round(theirs),
        ackMs: rounded(bullmq.ackMs),
        eventMs: rounded(bullmq.eventMs),
        failed: bullmq.failed,
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
): Promise<void> {
  const [worker] = await BenchChild.start("../orders/bullmq-worker.ts", [String(redisPort)]);
  children.push(worker);
  const [gateway, { port }] = await BenchChild.start<{ port: number }>(
    "../orders/bullmq-gateway.ts",
    [String(redisPort)],
  );
  children.push(gateway);
  const tokens = Array.from({ length: USERS }, (_, i) => `bench-user-number-${i}`);
  await crowd.ask({ kind: "connect", group: "bullmq", port, tokens });
}

/** CPU of each process: µs in all, or per order. */
type Cpu = Readonly<Record<"gateway" | "leader" | "redis" | "clients", number>>;

function cpuOf({ gateways, leaders, redis }: TestCluster, crowd: BenchChild): Cpu {
  return {
    gateway: cpuMicroseconds(gateways[0]!.child.pid),
    leader: cpuMicroseconds(leaders[0]!.child.pid),
    redis: cpuMicroseconds(redis.pid),
    clients: cpuMicroseconds(crowd.pid),
  };
}

function perOrder(before: Cpu, after: Cpu, orders: number): Cpu {
  const cost = (name: keyof Cpu) => Math.round((after[name] - before[name]) / orders);
  return {
    gateway: cost("gateway"),
    leader: cost("leader"),
    redis: cost("redis"),
    clients: cost("clients"),
  };
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
