/** What is put under load: a cluster started here as it would be deployed, or one that is there already. */
import { existsSync, readFileSync } from "node:fs";
import { startCluster, type TestCluster } from "@mirrorbook/testkit";
import { cpuMicroseconds } from "../../bench/fanout/children.ts";

export const SYMBOLS = ["BTCUSDT", "ETHUSDT"];
const [LEADERS, GATEWAYS, WORKERS] = [2, 2, 1];
/** Limits meant for strangers on the internet; here everyone comes from one address. */
const OPEN_DOORS = {
  GUESTS_PER_MINUTE_MAX: "100000",
  CONNECTIONS_PER_ADDRESS_MAX: "20000",
  REQUESTS_PER_SECOND_MAX: "10000",
};

/** Redis keeps its file as in production (README, "What Redis can lose"). */
export function startSystem(): Promise<TestCluster> {
  return startCluster({
    leaders: LEADERS,
    gateways: GATEWAYS,
    workers: WORKERS,
    symbols: SYMBOLS,
    redis: {
      appendOnly: true,
      config: { appendfsync: "everysec", "auto-aof-rewrite-min-size": "256mb" },
    },
    env: { LOG_LEVEL: "warn" },
    gatewayEnv: OPEN_DOORS,
  });
}

/** Process ids by name; processes of one kind share it. */
export type Pids = Readonly<Record<string, readonly number[]>>;

export function pidsOf(cluster: TestCluster): Pids {
  return {
    redis: [cluster.redis.pid],
    "market-sim": [cluster.marketProcess.child.pid],
    leaders: cluster.leaders.map(({ child }) => child.pid),
    gateways: cluster.gateways.map(({ child }) => child.pid),
    workers: cluster.workers.map(({ child }) => child.pid),
  };
}

/** What the machine did beside the run: its figures are only as good as this is small. */
const OTHERS = "everything else";
const TICKS_PER_SECOND = 100;

/** Reads how many cores each kind has used, on average, since the call; nothing where the system does not tell. */
export function watchCores(pids: Pids): () => Readonly<Record<string, number>> {
  if (!existsSync("/proc/self/schedstat")) return () => ({});
  const used = () => Object.entries(pids).map(([name, ids]) => [name, sum(ids)] as const);
  const before = new Map(used());
  const [startedAtMs, busyBefore] = [performance.now(), busyMicroseconds()];
  return () => {
    const microseconds = (performance.now() - startedAtMs) * 1_000;
    const cores = used().map(
      ([name, now]) => [name, (now - before.get(name)!) / microseconds] as const,
    );
    const ours = cores.reduce((total, [, share]) => total + share, 0);
    const others = (busyMicroseconds() - busyBefore) / microseconds - ours;
    return Object.fromEntries([...cores, [OTHERS, Math.max(0, others)]]);
  };
}

/** Time that all cores have been busy for since the machine started; waiting for disks is idle. */
function busyMicroseconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const ticks = user + nice + system + irq + softirq + steal;
  return (ticks / TICKS_PER_SECOND) * 1_000_000;
}

function sum(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + cpuMicroseconds(pid), 0);
}
