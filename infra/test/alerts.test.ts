/** Alert rules and the configuration of Prometheus, by its own tool; and that every alert is tested and explained. */
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { REPOSITORY, temporaryFolder } from "@mirrorbook/testkit";
import { parse } from "yaml";
import { z } from "zod";
import { findPrometheus } from "../setup/prometheus.mjs";
import { processesOf, readCompose } from "./support/compose.ts";
import {
  expressionsOf,
  prometheusMissing,
  readAlerts,
  readDashboards,
} from "./support/watching.ts";

const FOLDER = join(REPOSITORY, "infra/prometheus");
const TESTS = join(FOLDER, "tests");

const RuleTests = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(
        z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) }),
      ),
    }),
  ),
});
const Scrapes = z.object({
  scrape_configs: z.array(
    z.object({
      job_name: z.string(),
      static_configs: z.array(z.object({ targets: z.array(z.string()) })),
    }),
  ),
});

const alerts = await readAlerts();
const withPromtool = prometheusMissing === null ? test : test.skip;

describe("by promtool", () => {
  withPromtool("configuration and rules are what Prometheus takes", async () => {
    await promtool("check", "config", join(FOLDER, "prometheus.yml"));
  });

  withPromtool("every alert fires when it should and not before", async () => {
    const files = await readdir(TESTS);
    await promtool("test", "rules", ...files.map((file) => join(TESTS, file)));
  });

  withPromtool("every expression of a dashboard can be read", async () => {
    const expressions = expressionsOf(await readDashboards());
    const rules = expressions.map(({ text }, index) => ({ record: `e${index}`, expr: text }));
    await using folder = await temporaryFolder();
    const path = join(folder.path, "expressions.yml");
    await writeFile(path, JSON.stringify({ groups: [{ name: "dashboards", rules }] }));
    await promtool("check", "rules", path);
  });
});

test("every alert has a test that fires it, and one that does not", async () => {
  const files = await readdir(TESTS);
  const tests = await Promise.all(
    files.map(async (file) => RuleTests.parse(parse(await readFile(join(TESTS, file), "utf8")))),
  );
  const checks = tests.flatMap(({ tests }) => tests.flatMap((each) => each.alert_rule_test));
  for (const { alert } of alerts) {
    const outcomes = checks.filter(({ alertname }) => alertname === alert);
    const fires = outcomes.some(({ exp_alerts }) => exp_alerts.length > 0);
    const keepsSilent = outcomes.some(({ exp_alerts }) => exp_alerts.length === 0);
    expect({ alert, fires, keepsSilent }).toEqual({ alert, fires: true, keepsSilent: true });
  }
});

test("every alert leads to a section of its own in the runbooks, and every section to an alert", async () => {
  const text = await readFile(join(REPOSITORY, "docs/operations.md"), "utf8");
  const [, runbooks = ""] = text.split("\n## Alerts\n");
  const [section = ""] = runbooks.split("\n## ");
  const headings = [...section.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
  expect(headings.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  for (const { alert, annotations } of alerts) {
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
  }
});

test("Prometheus scrapes every process of docker-compose.yml at its port", async () => {
  const ports: Record<string, number> = { leader: 3010, gateway: 3011, worker: 3020 };
  const processes = processesOf(await readCompose()).filter(({ role }) => role in ports);
  const config = parse(await readFile(join(FOLDER, "prometheus.yml"), "utf8"));
  const targets = Scrapes.parse(config).scrape_configs.flatMap(({ job_name, static_configs }) =>
    static_configs.flatMap((each) => each.targets.map((target) => `${job_name} ${target}`)),
  );
  const expected = processes.map(({ name, role }) => `${role} ${name}:${ports[role]}`);
  expect(targets.filter((target) => !target.startsWith("prometheus ")).sort()).toEqual(
    expected.sort(),
  );
});

/** @throws with what the tool says */
async function promtool(...given: string[]): Promise<void> {
  await promisify(execFile)(findPrometheus("promtool")!, given);
}
