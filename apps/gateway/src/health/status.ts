import type { Hub } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import type { RedisClient } from "@mirrorbook/store";
import type { Sessions } from "../auth/sessions.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { Liveness } from "./liveness.ts";

export interface StatusOptions {
  readonly node: string;
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly liveness: Liveness;
  readonly markets: MarketDirectory;
  readonly sessions: Sessions;
  readonly desk: TradingDesk;
  readonly clock: Clock;
}

/** Answers how this node is and what it does. */
export class Status {
  readonly #options: StatusOptions;
  readonly #startedAtMs: number;
  isDraining = false;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.monotonicMs();
  }

  /** Whether clients should be sent here: markets are known, events arrive, and commands would be answered. */
  get isReady(): boolean {
    const { redis, liveness, markets } = this.#options;
    const hearsLeader = redis.status === "ready" && liveness.isAlive;
    return !this.isDraining && hearsLeader && markets.symbols.length > 0;
  }

  health() {
    const { node, redis, liveness, markets } = this.#options;
    const status = this.isDraining ? "draining" : this.isReady ? "ok" : "degraded";
    const feed = Object.fromEntries(
      markets.markets.map((market) => [market.symbol, market.status]),
    );
    const isRedisReady = redis.status === "ready";
    return { status, node, leader: liveness.leader, redis: isRedisReady ? "ready" : "away", feed };
  }

  stats() {
    const { node, hub, sessions, desk, clock } = this.#options;
    const members = this.members();
    return {
      node,
      uptimeSeconds: Math.round((clock.monotonicMs() - this.#startedAtMs) / 1_000),
      connections: [...members.values()].reduce((sum, count) => sum + count, 0),
      connectionsBy: Object.fromEntries(members),
      users: sessions.userCount,
      rooms: this.rooms(),
      slowMembers: hub.slowMembers,
      commandsWaiting: desk.waiting,
      sent: hub.counters(),
    };
  }

  /** Members by "<dialect> <transport>". */
  members(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { dialect, transport } of this.#options.hub.members()) {
      const key = `${dialect} ${transport}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  rooms(): number {
    const joined = new Set<string>();
    for (const member of this.#options.hub.members()) {
      for (const room of member.rooms()) joined.add(room);
    }
    return joined.size;
  }
}
