/**
 * `npm run chaos -- --minutes M --seed S [--clients N] [--pace-ms P] [--rolling] [--nginx] [--json] [--keep]`
 *
 * Runs the exchange as real processes while clients trade and faults of every kind happen, then lets the checker judge
 * what clients saw and what Redis holds. The evidence of a failed run is kept (`--keep`: of any run). `--rolling` restarts every process in turn instead, as a release
 * would, for as many rounds as begin in time; with `--nginx` clients come through it. Exit code 1 when a promise was broken. Redis runs with `appendfsync always`:
 * acknowledged then means on disk.
 */
import { parseArgs } from "node:util";
import { watchEvidence } from "@mirrorbook/testkit";
import { check } from "./checker/check.ts";
import type { Evidence, Violation } from "./evidence.ts";
import { keepEvidence, summarize, summaryText } from "./report.ts";
import { runChaos } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "52" },
    "pace-ms": { type: "string", default: "2000" },
    rolling: { type: "boolean", default: false },
    nginx: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const number = (name: "minutes" | "seed" | "clients" | "pace-ms") => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} takes a number greater than zero, not ${values[name]}`);
};
const [minutes, seed, clients, paceMs] = [
  number("minutes"),
  number("seed"),
  number("clients"),
  number("pace-ms"),
];

const processLines: string[] = [];
watchEvidence((source, line) => processLines.push(`${source} | ${line}`));
const startedMs = performance.now();
const log = (line: string) => {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
  processLines.push(`chaos | ${new Date().toISOString()} ${line}`);
  console.error(`${seconds} s  ${line}`);
};

const { evidence, faults } = await runChaos({
  seed,
  minutes,
  clients,
  paceMs,
  plan: values.rolling ? "rolling" : "faults",
  behindNginx: values.nginx,
  log,
});
const violations = judged(evidence);
const summary = summarize(evidence, faults, violations);
console.log(summaryText(summary, faults, violations));
if (violations.length > 0 || values.keep) {
  const folder = await keepEvidence(seed, evidence, faults, violations, processLines);
  console.log(`Evidence is kept in ${folder}`);
}
if (values.json) console.log(JSON.stringify({ seed, minutes, ...summary }));
process.exit(violations.length > 0 ? 1 : 0);

/** Evidence that the checker cannot even read is kept like that of any broken promise. */
function judged(all: Evidence): Violation[] {
  try {
    return check(all);
  } catch (error) {
    return [{ rule: "unreadable evidence", subject: "checker", detail: String(error) }];
  }
}
