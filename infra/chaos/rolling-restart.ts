/**
 * Restarts every process in turn, as a release does: stopped by SIGTERM, started again, and the next one only when the
 * system works as before. The market is not ours to restart.
 */
import { type AppProcess, eventually } from "@mirrorbook/testkit";
import type { LaneDeps } from "./fault-lanes.ts";
import type { FaultRecord, RestartKind } from "./fault-record.ts";
import { LOOK_EVERY_MS, nextAcknowledgement, RECOVERY_WITHIN_MS } from "./recovery.ts";

export class RollingRestart {
  readonly faults: FaultRecord[] = [];
  /** The market is never silent here. */
  readonly silences: readonly never[] = [];
  readonly #deps: LaneDeps;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  /** Whole rounds, until the run ends; at least one. */
  async run(): Promise<void> {
    do await this.#round();
    while (!this.#deps.ending.aborted);
  }

  async #round(): Promise<void> {
    const { cluster } = this.#deps;
    for (const gateway of cluster.gateways) await this.#restart("restart_gateway", gateway);
    // The one that leads first, so that the second one to go leads too.
    const leader = await cluster.leader();
    const others = cluster.leaders.filter((app) => app !== leader);
    for (const app of [leader, ...others]) await this.#restart("restart_leader", app);
    for (const worker of cluster.workers) await this.#restart("restart_worker", worker);
    await this.#restart("restart_redis", cluster.redis);
  }

  async #restart(kind: RestartKind, what: Pick<AppProcess, "restart">): Promise<void> {
    const record: FaultRecord = { kind, atMs: performance.now(), recoveries: [], problem: null };
    this.faults.push(record);
    try {
      await what.restart();
      const againAtMs = performance.now();
      const answeredAtMs = await nextAcknowledgement(this.#deps.commands);
      if (kind === "restart_redis") {
        record.recoveries.push({ kind: "redis", ms: answeredAtMs - againAtMs });
      }
      await this.#allConnected();
    } catch (error) {
      record.problem = error instanceof Error ? error.message : String(error);
    }
    const tookMs = Math.round(performance.now() - record.atMs);
    this.#deps.log(`${kind}: ${record.problem ?? `all is well again after ${tookMs} ms`}`);
  }

  async #allConnected(): Promise<void> {
    await eventually(
      () => {
        const away = this.#deps.clients.filter(({ connections }) => !connections.at(-1)?.node);
        if (away.length > 0)
          throw new Error(`${away.map(({ name }) => name).join()} not connected`);
      },
      { withinMs: RECOVERY_WITHIN_MS, everyMs: LOOK_EVERY_MS },
    );
  }
}
