/**
 * Does a delivery cost a gateway more when there are more gateways?
 *
 * Input: simulated BTCUSDT, ETHUSDT and SOLUSDT at ten events a second each, one leader, four gateways, all real processes.
 * 300 clients on each of the first 1, 2 or 4 gateways follow the three books at depth 20. CPU is the busy gateways', from
 * schedstat of all their threads, per book update that reached a client. The cases take turns, so other work on
 * the machine hits them alike; figures are medians. Target: the costs stay within 15 % of each other.
 *
 * Last results (2 vCPU Xeon 2.5 GHz, Node 24.21, load average 8 to 10 from other work), µs per delivery with 1, 2 and 4
 * gateways: 7.74, 7.81, 7.47, within 5 %; before that 8.72, 8.13, 8.06, within 8 %.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster } from "@mirrorbook/testkit";
import type { FollowersRequest } from "./clients/followers.ts";
import { BenchChild, cpuMicroseconds } from "./fanout/children.ts";

const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];
const CASES = [1, 2, 4] as const;
const CLIENTS_PER_GATEWAY = 300;
const ROUNDS = 3;
const SETTLE_MS = 700;
const WINDOW_MS = 2_000;

export async function run({ rounds = ROUNDS, windowMs = WINDOW_MS } = {}): Promise<object> {
  await using cluster = await startCluster({
    gateways: Math.max(...CASES),
    symbols: SYMBOLS,
    env: { LOG_LEVEL: "warn" },
    gatewayEnv: { CONNECTIONS_PER_ADDRESS_MAX: "10000" },
  });
  const [crowd] = await BenchChild.start("../clients/followers.ts");
  const ask = <A>(request: FollowersRequest) => crowd.ask<A & object>(request);
  const counted = async () => (await ask<{ count: number }>({ kind: "count" })).count;
  const costs = new Map<number, number[]>(CASES.map((count) => [count, []]));
  try {
    // The first round warms up caches and the compiler.
    for (let round = 0; round <= rounds; round++) {
      for (const gatewayCount of CASES) {
        const busy = cluster.gateways.slice(0, gatewayCount);
        for (const { url } of busy) {
          const port = Number(new URL(url).port);
          const follow = { kind: "follow", port, clients: CLIENTS_PER_GATEWAY } as const;
          await ask({ ...follow, symbols: SYMBOLS, stamped: false });
        }
        await sleep(SETTLE_MS);
        const cpu = () => busy.reduce((sum, { child }) => sum + cpuMicroseconds(child.pid), 0);
        const [cpuBefore, before] = [cpu(), await counted()];
        await sleep(windowMs);
        const usPerDelivery = (cpu() - cpuBefore) / ((await counted()) - before);
        if (round > 0) costs.get(gatewayCount)!.push(usPerDelivery);
        await ask({ kind: "leave" });
        await sleep(SETTLE_MS);
      }
    }
  } finally {
    crowd.stop();
  }
  const cases = CASES.map((gateways) => ({
    gateways,
    usPerDelivery: rounded(median(costs.get(gateways)!)),
  }));
  const figures = cases.map(({ usPerDelivery }) => usPerDelivery);
  return { cases, spread: rounded(Math.max(...figures) / Math.min(...figures) - 1) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (import.meta.main) {
  const result = await run();
  console.log(process.argv.includes("--json") ? JSON.stringify(result) : result);
}
