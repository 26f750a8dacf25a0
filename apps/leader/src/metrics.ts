import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What a leader counts. Base units, few labels, no ids. */
export class LeaderMetrics {
  readonly registry = new Registry();
  readonly active = new Gauge({
    name: "mirrorbook_leader_active",
    help: "1 while this process leads",
    registers: [this.registry],
  });
  readonly termEnds = new Counter({
    name: "mirrorbook_leader_terms_ended_total",
    help: "Terms of leadership that ended, by reason",
    labelNames: ["kind"],
    registers: [this.registry],
  });
  readonly takeoverSeconds = new Histogram({
    name: "mirrorbook_leader_takeover_seconds",
    help: "From the lease to the first command applied",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
    registers: [this.registry],
  });
  readonly commands = new Counter({
    name: "mirrorbook_leader_commands_total",
    help: "Commands answered",
    registers: [this.registry],
  });
  readonly commits = new Counter({
    name: "mirrorbook_leader_commits_total",
    help: "Users' outcomes made durable",
    registers: [this.registry],
  });
  readonly commitSeconds = new Histogram({
    name: "mirrorbook_leader_commit_duration_seconds",
    help: "From the end of matching a batch to its last commit confirmed",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    registers: [this.registry],
  });
  readonly feedEvents = new Counter({
    name: "mirrorbook_leader_feed_events_total",
    help: "Events of the market feed, by kind",
    labelNames: ["kind"],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
