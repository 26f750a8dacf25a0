import { monitorEventLoopDelay } from "node:perf_hooks";
import type { EventBatch, Counter as MemberCounter } from "@mirrorbook/fanout";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CommandOutcome } from "../commands/trading-desk.ts";

/** Seconds; a command takes a few milliseconds when all is well and at most 5 s. */
const COMMAND_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5];
const EVENT_LOOP_RESOLUTION_MS = 10;
const NANOSECONDS = 1e-9;

/** Seconds; the aim is less than 50 ms. */
const DELIVERY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** What is looked up when somebody asks for the metrics. */
export interface MetricSources {
  counters(): readonly MemberCounter[];
  members(): ReadonlyMap<string, number>;
  rooms(): number;
  slowMembers(): number;
  users(): number;
  commandsWaiting(): number;
  positionRepairs(): number;
  isReady(): boolean;
}

/** The gateway's figures, in base units, under `mirrorbook_gateway_…`. Own registry: many gateways fit in a process. */
export class Metrics {
  readonly registry: Registry;
  readonly #commands: Histogram<"command" | "outcome">;
  readonly #deliveries: Histogram<"room">;
  readonly #resumes: Counter<"result">;
  readonly #disconnects: Counter<"code">;
  readonly #eventLoop = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });

  constructor(registry: Registry = new Registry()) {
    this.registry = registry;
    const registers = [registry];
    this.#commands = new Histogram({
      name: "mirrorbook_gateway_command_duration_seconds",
      help: "Time from sending a command to its answer.",
      labelNames: ["command", "outcome"],
      buckets: COMMAND_BUCKETS,
      registers,
    });
    this.#deliveries = new Histogram({
      name: "mirrorbook_gateway_delivery_delay_seconds",
      help: "From the timestamp of numbered events to their hand-over to members here, by kind of room; two clocks.",
      labelNames: ["room"],
      buckets: DELIVERY_BUCKETS,
      registers,
    });
    this.#resumes = new Counter({
      name: "mirrorbook_gateway_resumes_total",
      help: "Connections that came back with a number, by how that ended.",
      labelNames: ["result"],
      registers,
    });
    this.#disconnects = new Counter({
      name: "mirrorbook_gateway_disconnects_total",
      help: "Connections ended by the gateway, by code.",
      labelNames: ["code"],
      registers,
    });
    this.#eventLoop.enable();
  }

  onCommand(command: string, outcome: CommandOutcome, tookMs: number): void {
    this.#commands.observe({ command, outcome }, tookMs / 1_000);
  }

  /** Only numbered events come from the leader; what a gateway works out itself takes no way. */
  onDelivery(room: string, { timestamp }: EventBatch, nowMs: number): void {
    if (timestamp === null) return;
    this.#deliveries.observe({ room }, Math.max(0, nowMs - Date.parse(timestamp)) / 1_000);
  }

  onResume(result: "live" | "resync" | "gone"): void {
    this.#resumes.inc({ result });
  }

  onDisconnect(code: string): void {
    this.#disconnects.inc({ code });
  }

  /** Adds the figures that are counted elsewhere. */
  observe(sources: MetricSources): void {
    this.#gauge("connections", "Open connections.", ["dialect", "transport"], (gauge) => {
      gauge.reset();
      for (const [key, count] of sources.members()) {
        const [dialect, transport] = key.split(" ") as [string, string];
        gauge.set({ dialect, transport }, count);
      }
    });
    for (const [name, help, read] of COUNTED) {
      this.#gauge(name, help, ["dialect", "transport"], (gauge) => {
        for (const counter of sources.counters()) {
          const { dialect, transport } = counter;
          gauge.set({ dialect, transport }, read(counter));
        }
      });
    }
    this.#single("rooms", "Rooms with members here.", () => sources.rooms());
    this.#single("users", "Users with connections here.", () => sources.users());
    this.#single("slow_members", "Members that read too slowly now.", () => sources.slowMembers());
    this.#single("commands_waiting", "Commands without an answer yet.", () =>
      sources.commandsWaiting(),
    );
    this.#single("position_repairs_total", "Users whose events were read from the log.", () =>
      sources.positionRepairs(),
    );
    this.#single("ready", "1 while the gateway is ready.", () => Number(sources.isReady()));
    this.#gauge("event_loop_delay_seconds", "Delay of the event loop.", ["quantile"], (gauge) => {
      for (const percentile of [50, 99, 100]) {
        const seconds = this.#eventLoop.percentile(percentile) * NANOSECONDS;
        gauge.set({ quantile: String(percentile / 100) }, seconds);
      }
      this.#eventLoop.reset();
    });
  }

  close(): void {
    this.#eventLoop.disable();
  }

  #single(name: string, help: string, read: () => number): void {
    this.#gauge(name, help, [], (gauge) => gauge.set(read()));
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    new Gauge({
      name: `mirrorbook_gateway_${name}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        collect(this);
      },
    });
  }
}

const COUNTED: [name: string, help: string, read: (counter: MemberCounter) => number][] = [
  ["messages_sent_total", "Messages delivered.", ({ messages }) => messages],
  ["sent_bytes_total", "Payload bytes delivered.", ({ bytes }) => bytes],
  ["writes_total", "Writes to sockets.", ({ writes }) => writes],
  ["conflated_total", "Packets left out for slow members.", (counter) => counter.conflatedPackets],
  ["slow_disconnects_total", "Members cut for reading too slowly.", (c) => c.slowDisconnects],
];
