import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TickResult } from "./board.ts";
import type { Forgotten } from "./retention.ts";

/** What a worker counts. Base units, few labels, no ids. */
export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #jobs = new Histogram({
    name: "mirrorbook_worker_job_duration_seconds",
    help: "Jobs done by this worker, by kind and whether they failed.",
    labelNames: ["job", "outcome"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly #ticks = new Histogram({
    name: "mirrorbook_worker_tick_duration_seconds",
    help: "Ranking one room once. Overtaken: another worker was faster.",
    labelNames: ["outcome"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1],
    registers: [this.registry],
  });
  readonly #ranked = new Counter({
    name: "mirrorbook_worker_members_ranked_total",
    help: "Members ranked, counted at every tick.",
    registers: [this.registry],
  });
  readonly #moved = new Counter({
    name: "mirrorbook_worker_rank_changes_total",
    help: "Members whose rank became another.",
    registers: [this.registry],
  });

  readonly #forgotten = new Counter({
    name: "mirrorbook_worker_forgotten_total",
    help: "Rooms and guests deleted because they were over for long.",
    labelNames: ["kind"],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  onJob(job: string, outcome: "done" | "failed", tookMs: number): void {
    this.#jobs.observe({ job, outcome }, tookMs / 1_000);
  }

  onTick(result: TickResult | null, tookMs: number): void {
    this.#ticks.observe({ outcome: result === null ? "overtaken" : "written" }, tookMs / 1_000);
    if (result === null) return;
    this.#ranked.inc(result.members);
    this.#moved.inc(result.moved);
  }

  onForgotten({ rooms, guests }: Forgotten): void {
    this.#forgotten.inc({ kind: "room" }, rooms);
    this.#forgotten.inc({ kind: "guest" }, guests);
  }

  /** Figures that are looked up when somebody asks; of the queue, which all workers share, and of this worker. */
  observe(sources: {
    jobCounts(): Promise<Readonly<Record<string, number>>>;
    boards(): number;
  }): void {
    new Gauge({
      name: "mirrorbook_worker_queue_jobs",
      help: "Jobs in the queue by state; every worker tells the same.",
      labelNames: ["state"],
      registers: [this.registry],
      async collect() {
        for (const [state, count] of Object.entries(await sources.jobCounts())) {
          this.set({ state }, count);
        }
      },
    });
    new Gauge({
      name: "mirrorbook_worker_rooms",
      help: "Running rooms whose members this worker has in memory.",
      registers: [this.registry],
      collect() {
        this.set(sources.boards());
      },
    });
  }
}
