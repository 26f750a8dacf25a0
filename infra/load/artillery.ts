/** Runs artillery.yml with Artillery from its own package, and reads what it found. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Child, REPOSITORY } from "@mirrorbook/testkit";
import { z } from "zod";

/** With its start, the time its users need to finish, and a machine that is busy. */
const RUN_WITHIN_MS = 15 * 60_000;
/** What artillery.yml calls the phase, in every environment, in which figures are taken. */
const STEADY = "steady";

const Summary = z.object({ p50: z.number(), p99: z.number(), max: z.number(), count: z.number() });
const Report = z.object({
  aggregate: z.object({
    counters: z.record(z.string(), z.number()),
    summaries: z.record(z.string(), Summary),
  }),
});

export interface ArtilleryResult {
  /** 0 when every threshold of `ensure` held. */
  readonly exitCode: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly summaries: Readonly<Record<string, z.infer<typeof Summary>>>;
  /** What it said of each threshold: "ok: …" or "fail: …". */
  readonly checks: readonly string[];
}

export interface ArtilleryOptions<Figures> {
  /** Of artillery.yml: phases and thresholds. */
  readonly environment: string;
  readonly urls: readonly string[];
  /** For its report. */
  readonly folder: string;
  /** Called when the steady phase begins; what it returns, when that ends. */
  readonly measure: (pid: number) => Promise<() => Promise<Figures>>;
}

export async function runArtillery<Figures>(
  options: ArtilleryOptions<Figures>,
): Promise<{ readonly artillery: ArtilleryResult; readonly figures: Figures }> {
  const { environment, urls, folder } = options;
  const output = join(folder, "artillery.json");
  await using child = new Child({
    name: "artillery",
    command: process.execPath,
    arguments: [
      join(REPOSITORY, "infra/load/node_modules/artillery/bin/run"),
      ...["run", "artillery.yml", "--environment", environment],
      ...["--target", urls[0]!, "--output", output],
    ],
    cwd: REPOSITORY,
    env: {
      ...process.env,
      LOAD_GATEWAYS: urls.join(","),
      ARTILLERY_DISABLE_TELEMETRY: "true",
      NO_COLOR: "1",
    },
  });
  await child.line((line) => line.includes(`Phase started: ${STEADY}`), RUN_WITHIN_MS);
  const figuresNow = await options.measure(child.pid);
  await child.line((line) => line.includes(`Phase completed: ${STEADY}`), RUN_WITHIN_MS);
  const figures = await figuresNow();
  const { code } = await child.exited;
  const { aggregate } = Report.parse(JSON.parse(await readFile(output, "utf8")));
  const checks = child.log.filter((line) => /^(?:ok|fail): /.test(line));
  return { artillery: { exitCode: code ?? 1, ...aggregate, checks }, figures };
}
