/**
 * What happens in a run, drawn from its seed: three lanes of faults that go on beside each other. Kinds, targets,
 * durations and pauses are the seed's; a fault waits for the one before it in its lane to be over, so the moments also
 * depend on the machine.
 */
import type { Random } from "@mirrorbook/testkit/random";

export type SystemFault =
  | { readonly kind: "leader_kill" | "leader_term" | "standby_kill" }
  | { readonly kind: "leader_pause" | "standby_pause"; readonly ms: number }
  | { readonly kind: "gateway_kill" | "gateway_term"; readonly gateway: number }
  | { readonly kind: "gateway_pause"; readonly gateway: number; readonly ms: number }
  | { readonly kind: "redis_kill" | "redis_restart" | "redis_pause"; readonly ms: number }
  | { readonly kind: "client_kill_normal" | "client_kill_pubsub" };

export type FeedFault =
  | { readonly kind: "feed_drop_one" | "feed_drop_all" | "feed_shutdown_notice" }
  | { readonly kind: "feed_stall_one" | "feed_stall_all" | "feed_slow"; readonly ms: number }
  | { readonly kind: "feed_gap"; readonly symbol: string; readonly diffs: number }
  | { readonly kind: "feed_halt"; readonly symbol: string; readonly ms: number }
  | { readonly kind: "feed_refuse"; readonly status: 418 | 429; readonly ms: number };

export type ClientFault =
  | { readonly kind: "client_disconnect"; readonly client: number }
  | { readonly kind: "client_slow"; readonly client: number; readonly ms: number };

export type Fault = SystemFault | FeedFault | ClientFault;
export type FaultKind = Fault["kind"];

/** SIGSTOP lasts longer than any lease or heartbeat. */
const PAUSE_MS = 10_000;

const SYSTEM_WEIGHTS = {
  leader_kill: 5,
  leader_term: 2,
  leader_pause: 2,
  standby_kill: 1,
  standby_pause: 1,
  gateway_kill: 4,
  gateway_term: 2,
  gateway_pause: 2,
  redis_kill: 2,
  redis_restart: 1,
  redis_pause: 1,
  client_kill_normal: 3,
  client_kill_pubsub: 3,
} as const satisfies Record<SystemFault["kind"], number>;

const FEED_WEIGHTS = {
  feed_drop_one: 3,
  feed_drop_all: 2,
  feed_stall_one: 2,
  feed_stall_all: 2,
  feed_slow: 1,
  feed_gap: 3,
  feed_halt: 2,
  feed_refuse: 2,
  feed_shutdown_notice: 1,
} as const satisfies Record<FeedFault["kind"], number>;

export function drawSystemFault(random: Random, gateways: number): SystemFault {
  const kind = random.weighted(SYSTEM_WEIGHTS);
  switch (kind) {
    case "leader_pause":
    case "standby_pause":
      return { kind, ms: PAUSE_MS };
    case "gateway_kill":
    case "gateway_term":
      return { kind, gateway: random.below(gateways) };
    case "gateway_pause":
      return { kind, gateway: random.below(gateways), ms: PAUSE_MS };
    case "redis_kill":
    case "redis_restart":
      return { kind, ms: random.between(0, 2_000) };
    case "redis_pause":
      return { kind, ms: random.between(500, 4_000) };
    default:
      return { kind };
  }
}

export function drawFeedFault(random: Random, symbols: readonly string[]): FeedFault {
  const kind = random.weighted(FEED_WEIGHTS);
  const symbol = random.pick(symbols);
  switch (kind) {
    case "feed_gap":
      return { kind, symbol, diffs: 1 + random.below(5) };
    case "feed_halt":
      return { kind, symbol, ms: random.between(2_000, 9_000) };
    case "feed_stall_one":
    case "feed_stall_all":
    case "feed_slow":
      return { kind, ms: random.between(2_000, 6_000) };
    case "feed_refuse":
      return { kind, status: random.pick([418, 429]), ms: random.between(2_000, 9_000) };
    default:
      return { kind };
  }
}

export function drawClientFault(random: Random, clients: number): ClientFault {
  const client = random.below(clients);
  if (random.chance(0.7)) return { kind: "client_disconnect", client };
  return { kind: "client_slow", client, ms: random.between(3_000, 15_000) };
}
