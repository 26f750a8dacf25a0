/** One seeded life of a cluster: three leader processes, a market, clients, faults; then judgement. */
import { InvariantError } from "@mirrorbook/kernel";
import { pino } from "pino";
import { Leader } from "../../src/leader.ts";
import { LeaderMetrics } from "../../src/metrics.ts";
import { BTC } from "../fixtures.ts";
import { violations } from "./sim-checker.ts";
import { SimClient } from "./sim-client.ts";
import { SimMarket } from "./sim-market.ts";
import { SimNode } from "./sim-node.ts";
import { type Defences, SimRedis } from "./sim-redis.ts";
import { SimWorld } from "./sim-world.ts";

const NODES = 3;
const CLIENTS = 4;
const FAULTS_UNTIL_MS = 20_000;
const SETTLED_BY_MS = 45_000;

export interface Simulated {
  readonly violations: string[];
  readonly terms: number;
  readonly faults: number;
  readonly commands: number;
  readonly fills: number;
}

const log = pino({ level: "silent" });
const metrics = new LeaderMetrics();

export interface Hazards {
  /** The market halts now and then. */
  readonly halts: boolean;
  /** Gateways freeze with commands in them. */
  readonly heldUp: boolean;
}

export async function simulate(
  seed: number,
  defences: Partial<Defences> = {},
  { halts = false, heldUp = false }: Partial<Hazards> = {},
): Promise<Simulated> {
  const world = new SimWorld(seed);
  const redis = new SimRedis(world, defences);
  const market = new SimMarket(world, halts);
  const fatal: string[] = [];
  const nodes: SimNode[] = [];
  let faults = 0;

  const start = (slot: number) => {
    const node = new SimNode(world, redis);
    nodes[slot] = node;
    const leader = new Leader({
      store: node.store,
      startFeed: node.startFeed,
      symbols: [BTC.symbol],
      exchange: { startingBalance: "100000", makerFeeRate: "0.001", takerFeeRate: "0.001" },
      source: "simulated",
      usersLoadedMax: 2, // Of four, so users come and go.
      time: node.time,
      log,
      metrics,
      onFatal: (error) => {
        fatal.push(`${error instanceof InvariantError ? "Fault" : "Error"}: ${error}`);
        node.kill();
      },
    });
    leader.start();
    market.join(node);
  };
  for (let slot = 0; slot < NODES; slot++) start(slot);

  const fault = () => {
    if (world.monotonicMs > FAULTS_UNTIL_MS) return;
    faults += 1;
    const slot = Math.floor(world.random.next() * NODES);
    const node = nodes[slot]!;
    const what = world.random.next();
    if (what < 0.35) {
      node.kill();
      market.leave(node);
      world.after(world.random.between(200, 3_000), () => start(slot));
    } else if (what < 0.7) {
      node.pauseFor(world.random.between(100, 6_000));
    } else {
      node.breakLink();
    }
    world.after(world.random.between(100, 1_500), fault);
  };
  world.after(world.random.between(500, 2_000), fault);

  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new SimClient(`user-${i}`, world, redis, heldUp),
  );
  await world.runUntil(FAULTS_UNTIL_MS);
  for (const client of clients) client.stop();
  while (world.monotonicMs < SETTLED_BY_MS && !clients.every(({ settled }) => settled)) {
    await world.runUntil(world.monotonicMs + 1_000);
  }
  await world.runUntil(world.monotonicMs + 3_000);

  const users = [...redis.users.values()];
  return {
    violations: [...fatal, ...violations(redis, market, clients)],
    terms: redis.leases.length,
    faults,
    commands: clients.flatMap(({ commands }) => commands).length,
    fills: users.flatMap(({ outcomes }) => outcomes.flatMap(({ trades }) => trades)).length,
  };
}
