/** Reads what Prometheus and Grafana are given: alert rules and dashboards. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "@mirrorbook/testkit";
import { parse } from "yaml";
import { z } from "zod";
import { findPrometheus } from "../../setup/prometheus.mjs";

const DASHBOARDS = "infra/grafana/dashboards";

const Alert = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(["page", "ticket"]) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
});
export type Alert = z.output<typeof Alert>;
const Rules = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(Alert) })) });

const Panel = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string(),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  datasource: z.object({ uid: z.string() }).optional(),
  targets: z.array(z.object({ expr: z.string() })).default([]),
});
const Dashboard = z.object({ uid: z.string(), title: z.string(), panels: z.array(Panel) });
export type Dashboard = z.output<typeof Dashboard> & { readonly file: string };

/** An expression, and where it stands. */
export interface Expression {
  readonly where: string;
  readonly text: string;
}

/** Why tests that need a program of Prometheus are skipped; null where there is one. */
export const prometheusMissing: string | null =
  findPrometheus("promtool") === null ? "no promtool: install Debian's package prometheus" : null;

export async function readAlerts(): Promise<Alert[]> {
  const text = await readFile(join(REPOSITORY, "infra/prometheus/rules.yml"), "utf8");
  return Rules.parse(parse(text)).groups.flatMap(({ rules }) => rules);
}

export async function readDashboards(): Promise<Dashboard[]> {
  const files = await readdir(join(REPOSITORY, DASHBOARDS));
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(REPOSITORY, DASHBOARDS, file), "utf8");
      return { ...Dashboard.parse(JSON.parse(text)), file };
    }),
  );
}

export function expressionsOf(dashboards: readonly Dashboard[]): Expression[] {
  return dashboards.flatMap(({ file, panels }) =>
    panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ where: `${file}: ${title}`, text: expr })),
    ),
  );
}

/** Names of metrics that processes must expose; a histogram's series count as the histogram. */
export function metricsIn(expression: string): string[] {
  const names = expression.match(/\b(?:mirrorbook|process|nodejs)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|count|sum)$/, ""));
}
