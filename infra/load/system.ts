/** What is put under load: a cluster started here as it would be deployed, or one that is there already. */
import { existsSync } from "node:fs";
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

/** Reads how many cores each kind has used, on average, since the call; nothing where the system does not tell. */
export function watchCores(pids: Pids): () => Readonly<Record<string, number>> {
  if (!existsSync("/proc/self/schedstat")) return () => ({});
  const used = () => Object.entries(pids).map(([name, ids]) => [name, sum(ids)] as const);
  const before = new Map(used());
  const startedAtMs = performance.now();
  return () => {
    const microseconds = (performance.now() - startedAtMs) * 1_000;
    const cores = used().map(([name, now]) => [name, (now - before.get(name)!) / microseconds]);
    return Object.fromEntries(cores);
  };
}

function sum(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + cpuMicroseconds(pid), 0);
}
