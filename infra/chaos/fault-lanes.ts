/** Makes faults happen on a running cluster, each followed to its end, and notes how long that took. */
import { setTimeout as sleep } from "node:timers/promises";
import { type AppProcess, eventually, type TestCluster } from "@mirrorbook/testkit";
import type { Random } from "@mirrorbook/testkit/random";
import type { ChaosClient } from "./clients/chaos-client.ts";
import type { CommandEvidence, FeedWord, Silence } from "./evidence.ts";
import type { FaultRecord, RecoveryKind } from "./fault-record.ts";
import { LOOK_EVERY_MS, nextAcknowledgement, RECOVERY_WITHIN_MS } from "./recovery.ts";
import {
  type ClientFault,
  drawClientFault,
  drawFeedFault,
  drawSystemFault,
  type Fault,
  type FeedFault,
  type SystemFault,
} from "./schedule.ts";

/** The feed is stale after 1.5 s of silence; a word about it takes a tick to be said and a second to be read. */
const NOTICED_WITHIN_MS = 3_000;
const PAUSE_BETWEEN_MS = {
  system: { least: 500, most: 3_000 },
  feed: { least: 1_000, most: 4_000 },
  client: { least: 500, most: 2_500 },
} as const;

export interface LaneDeps {
  readonly cluster: TestCluster;
  readonly clients: readonly ChaosClient[];
  readonly commands: readonly CommandEvidence[];
  readonly feedWords: readonly FeedWord[];
  readonly symbols: readonly string[];
  readonly randomOf: (name: string) => Random;
  readonly ending: AbortSignal;
  readonly log: (line: string) => void;
}

export class FaultLanes {
  readonly faults: FaultRecord[] = [];
  readonly silences: Silence[] = [];
  readonly #deps: LaneDeps;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  /** Runs until the run ends; every process then runs again and the feed is in order. */
  async run(): Promise<void> {
    const { randomOf, cluster, symbols, clients } = this.#deps;
    const random = {
      system: randomOf("system"),
      feed: randomOf("feed"),
      client: randomOf("client"),
    };
    await Promise.all([
      this.#lane("system", random.system, () => {
        const fault = drawSystemFault(random.system, cluster.gateways.length);
        return this.#make(fault, (record) => this.#breakSystem(fault, record));
      }),
      this.#lane("feed", random.feed, () => {
        const fault = drawFeedFault(random.feed, symbols);
        return this.#make(fault, (record) => this.#breakFeed(fault, record));
      }),
      this.#lane("client", random.client, () => {
        const fault = drawClientFault(random.client, clients.length);
        return this.#make(fault, async () => this.#breakClient(fault));
      }),
    ]);
    await cluster.market.fault("clear", {});
  }

  async #lane(
    name: keyof typeof PAUSE_BETWEEN_MS,
    random: Random,
    next: () => Promise<void>,
  ): Promise<void> {
    const { least, most } = PAUSE_BETWEEN_MS[name];
    for (;;) {
      await sleep(random.between(least, most));
      if (this.#deps.ending.aborted) return;
      await next();
    }
  }

  async #make(fault: Fault, act: (record: FaultRecord) => Promise<void>): Promise<void> {
    const { log } = this.#deps;
    const record: FaultRecord = {
      kind: fault.kind,
      atMs: performance.now(),
      recoveries: [],
      problem: null,
    };
    this.faults.push(record);
    try {
      await act(record);
    } catch (error) {
      record.problem = error instanceof Error ? error.message : String(error);
    }
    if (fault.kind.startsWith("client_d") || fault.kind === "client_slow") return;
    const times = record.recoveries.map(({ kind, ms }) => `${kind} ${Math.round(ms)} ms`);
    log(
      `${fault.kind} ${JSON.stringify(fault)}: ${record.problem ?? (times.join(", ") || "done")}`,
    );
  }

  // --- system ---

  async #breakSystem(fault: SystemFault, record: FaultRecord): Promise<void> {
    const { cluster } = this.#deps;
    const redis = cluster.redis;
    switch (fault.kind) {
      case "leader_kill":
        return this.#endLeader(record, "SIGKILL", "leader");
      case "leader_term":
        return this.#endLeader(record, "SIGTERM", "handover");
      case "leader_pause": {
        await this.#standbyIsWarm();
        const leader = await cluster.leader();
        return this.#pause(leader, fault.ms, () => this.#commandAcknowledged(record, "leader"));
      }
      case "standby_kill":
        return (await this.#standby()).restart("SIGKILL");
      case "standby_pause":
        return this.#pause(await this.#standby(), fault.ms, async () => {});
      case "gateway_kill":
        return this.#endGateway(cluster.gateways[fault.gateway]!, "SIGKILL", record);
      case "gateway_term":
        return this.#endGateway(cluster.gateways[fault.gateway]!, "SIGTERM", record);
      case "gateway_pause":
        return this.#pause(cluster.gateways[fault.gateway]!, fault.ms, async () => {});
      case "redis_kill":
      case "redis_restart":
        await (fault.kind === "redis_kill" ? redis.kill() : redis.stop());
        await sleep(fault.ms);
        await redis.start();
        return this.#commandAcknowledged(record, "redis");
      case "redis_pause":
        redis.pause();
        await sleep(fault.ms);
        redis.resume();
        return this.#commandAcknowledged(record, "redis");
      case "client_kill_normal":
      case "client_kill_pubsub": {
        const type = fault.kind === "client_kill_normal" ? "normal" : "pubsub";
        await redis.client().call("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
        return this.#commandAcknowledged(record, "redis");
      }
    }
  }

  async #endLeader(
    record: FaultRecord,
    signal: "SIGKILL" | "SIGTERM",
    kind: RecoveryKind,
  ): Promise<void> {
    await this.#standbyIsWarm();
    const leader = await this.#deps.cluster.leader();
    const recovered = this.#commandAcknowledged(record, kind);
    await Promise.all([recovered, leader.restart(signal)]);
  }

  async #endGateway(
    gateway: AppProcess,
    signal: "SIGKILL" | "SIGTERM",
    record: FaultRecord,
  ): Promise<void> {
    // Who does not read does not notice either; such clients are judged by what they get, not by how soon.
    const clients = this.#deps.clients.filter(
      ({ connections, isReading }) => isReading && connections.at(-1)?.node === gateway.name,
    );
    const resumed = clients.map((client) =>
      this.#resumedElsewhere(client, gateway.name, record, signal),
    );
    await Promise.all([...resumed, gateway.restart(signal)]);
  }

  async #pause(app: AppProcess, ms: number, recovered: () => Promise<void>): Promise<void> {
    app.child.pause();
    try {
      await Promise.all([sleep(ms), recovered()]);
    } finally {
      app.child.resume();
    }
  }

  async #standby(): Promise<AppProcess> {
    const leader = await this.#deps.cluster.leader();
    return this.#deps.cluster.leaders.find((app) => app !== leader)!;
  }

  /** A takeover is promised to be quick from a standby that has its books; the feed lane may have taken them. */
  async #standbyIsWarm(): Promise<void> {
    const isWarm = async () => {
      const { url } = await this.#standby();
      const health = await fetch(`${url}/healthz`).then((answer) => answer.text());
      for (const symbol of this.#deps.symbols) {
        if (!health.includes(`"${symbol}":"live"`)) throw new Error(`not warm: ${health}`);
      }
    };
    await eventually(isWarm, { withinMs: RECOVERY_WITHIN_MS, everyMs: 100 });
  }

  /** From now until a command that is sent later is acknowledged. */
  async #commandAcknowledged(record: FaultRecord, kind: RecoveryKind): Promise<void> {
    const sinceMs = performance.now();
    const answeredAtMs = await nextAcknowledgement(this.#deps.commands);
    record.recoveries.push({ kind, ms: answeredAtMs - sinceMs });
  }

  async #resumedElsewhere(
    client: ChaosClient,
    node: string,
    record: FaultRecord,
    signal: "SIGKILL" | "SIGTERM",
  ): Promise<void> {
    const sinceMs = performance.now();
    const known = client.connections.length;
    const atMs = await eventually(
      () => {
        const back = client.connections.slice(known).find((change) => change.node !== null);
        if (back === undefined) throw new Error(`${client.name} did not leave ${node}`);
        return back.atMs;
      },
      { withinMs: RECOVERY_WITHIN_MS, everyMs: LOOK_EVERY_MS },
    );
    // A client leaves a draining gateway when it likes, and is away from then on only.
    const leftMs = client.connections.slice(known).find((change) => change.node === null)?.atMs;
    const startMs = signal === "SIGTERM" ? (leftMs ?? sinceMs) : sinceMs;
    record.recoveries.push({ kind: "gateway", ms: Math.max(0, atMs - startMs) });
  }

  // --- feed ---

  async #breakFeed(fault: FeedFault, record: FaultRecord): Promise<void> {
    const { market } = this.#deps.cluster;
    const lines = await market.connections();
    const [line] = lines;
    const one = { connection: line?.id ?? "all" } as const;
    switch (fault.kind) {
      case "feed_drop_one":
        await market.fault("drop", one);
        return;
      case "feed_drop_all":
        await market.fault("drop", { connection: "all" });
        break;
      case "feed_shutdown_notice":
        await market.fault("announce-shutdown", {});
        return;
      case "feed_stall_one":
        await market.fault("stall", { ...one, durationMs: fault.ms });
        return;
      case "feed_stall_all":
        await market.fault("stall", { connection: "all", durationMs: fault.ms });
        await sleep(fault.ms);
        break;
      case "feed_slow":
        await market.fault("slow", { connection: "all", delayMs: 300 });
        await sleep(fault.ms);
        await market.fault("slow", { connection: "all", delayMs: 0 });
        return;
      case "feed_gap":
        await market.fault("gap", { symbol: fault.symbol, diffs: fault.diffs });
        break;
      case "feed_halt":
        await market.fault("halt", { symbol: fault.symbol });
        await this.#silence([fault.symbol], "halted", fault.ms);
        await market.fault("resume", { symbol: fault.symbol });
        break;
      case "feed_refuse":
        await market.fault("refuse", {
          status: fault.status,
          retryAfterSeconds: 1,
        });
        await market.fault("drop", { connection: "all" });
        await this.#silence(this.#deps.symbols, `out of reach: ${fault.status}`, fault.ms);
        await market.fault("clear", {});
        break;
    }
    await this.#feedIsLive(record);
  }

  async #silence(symbols: readonly string[], why: string, ms: number): Promise<void> {
    const fromMs = Date.now();
    await sleep(ms);
    const toMs = Date.now();
    this.silences.push(...symbols.map((symbol) => ({ symbol, why, fromMs, toMs })));
  }

  /** From now until every market that stopped is live again, by the leader's word. */
  async #feedIsLive(record: FaultRecord): Promise<void> {
    const { feedWords, symbols } = this.#deps;
    const sinceMs = Date.now();
    const statusOf = (symbol: string) => feedWords.findLast((word) => word.symbol === symbol);
    await sleep(NOTICED_WITHIN_MS);
    const stopped = symbols.filter((symbol) => {
      const word = statusOf(symbol);
      return word?.status !== "live" || Date.parse(word.timestamp) >= sinceMs;
    });
    if (stopped.length === 0) return; // The other line carried on.
    await eventually(
      () => {
        const dead = stopped.filter((symbol) => statusOf(symbol)?.status !== "live");
        if (dead.length > 0) throw new Error(`${dead.join()} did not come back`);
      },
      { withinMs: RECOVERY_WITHIN_MS, everyMs: 100 },
    );
    const backMs = Math.max(...stopped.map((symbol) => Date.parse(statusOf(symbol)!.timestamp)));
    if (backMs > sinceMs) record.recoveries.push({ kind: "feed", ms: backMs - sinceMs });
  }

  // --- clients ---

  #breakClient(fault: ClientFault): void {
    const client = this.#deps.clients[fault.client]!;
    if (fault.kind === "client_disconnect") client.disconnect();
    else client.stopReading(fault.ms);
  }
}
