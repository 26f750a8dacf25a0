/** The list of metrics, from the registries that the processes serve at `/metrics`. */
import type { Registry } from "prom-client";
import { Metrics } from "../../apps/gateway/src/health/metrics.ts";
import { LeaderMetrics } from "../../apps/leader/src/metrics.ts";
import { WorkerMetrics } from "../../apps/worker/src/metrics.ts";
import { table } from "./markdown.ts";

const HEAD = `# Metrics

Every process serves \`/metrics\` on \`HEALTH_PORT\` in Prometheus' text format; a gateway without one serves it on \`PORT\`. Units are base
units; labels are few and never carry ids of users or orders. Beside these every process tells Node's own figures
(\`process_…\`, \`nodejs_…\`), as prom-client collects them.

This page is made from the registries (\`npm run docs\`); a test fails when it is not up to date.
`;
const OURS = "mirrorbook_";

/** A metric as its registry holds it; the labels are left out of the library's type. */
interface Registered {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

export function metricsPage(): string {
  const sections = Object.entries(registered()).map(([app, metrics]) => {
    const rows = metrics.map(({ name, help, type, labelNames }) => [
      `\`${name}\``,
      type,
      labelNames.map((label) => `\`${label}\``).join(" "),
      help,
    ]);
    return `## ${app}\n\n${table(["Metric", "Type", "Labels", ""], rows)}`;
  });
  return [HEAD, ...sections].join("\n");
}

/** Names of all our metrics. */
export function metricNames(): Set<string> {
  return new Set(
    Object.values(registered())
      .flat()
      .map(({ name }) => name),
  );
}

function registered(): Record<string, Registered[]> {
  const gateway = new Metrics();
  gateway.observe({
    counters: () => [],
    members: () => new Map(),
    rooms: () => 0,
    slowMembers: () => 0,
    users: () => 0,
    commandsWaiting: () => 0,
    positionRepairs: () => 0,
    isReady: () => false,
  });
  gateway.close();
  const worker = new WorkerMetrics();
  worker.observe({ jobCounts: async () => ({}), boards: () => 0 });
  return {
    gateway: ours(gateway.registry),
    leader: ours(new LeaderMetrics().registry),
    worker: ours(worker.registry),
  };
}

function ours(registry: Registry): Registered[] {
  const metrics = registry.getMetricsAsArray() as unknown as Registered[];
  return metrics.filter(({ name }) => name.startsWith(OURS));
}
