import { MarketStatus } from "@mirrorbook/protocol";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** A market that the exchange does not have, for whatever reason. */
const ABSENT = "absent";

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
  readonly commandWaitSeconds = new Histogram({
    name: "mirrorbook_leader_command_wait_seconds",
    help: "From a command's entry into the stream to its application: how far this leader is behind",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10],
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

  /** Adds what is looked up when somebody asks: what each market's status is, or else why it is absent. */
  observe(statuses: () => Readonly<Record<string, string>>): void {
    new Gauge({
      name: "mirrorbook_leader_markets",
      help: "Markets by status, as this leader's own feed has them",
      labelNames: ["status"],
      registers: [this.registry],
      collect() {
        for (const status of [...MarketStatus.options, ABSENT]) this.set({ status }, 0);
        for (const status of Object.values(statuses())) {
          this.inc({ status: MarketStatus.safeParse(status).data ?? ABSENT });
        }
      },
    });
  }
}
