/** The short profile, as CI's proof that the load test tests something; its thresholds leave time to a busy machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { REPOSITORY, startProcess } from "@mirrorbook/testkit";

/** Start of a dozen processes, listeners, Artillery's twenty seconds and what its users take to finish. */
const WITHIN_MS = 170_000;
const installed = existsSync(join(REPOSITORY, "infra/load/node_modules/artillery"));

(installed ? test : test.skip)(
  "visitors, traders and clients that come back keep to every threshold beside a mass of listeners",
  async () => {
    await using run = await startProcess({
      name: "load",
      entry: "infra/load/main.ts",
      arguments: ["--profile", "ci", "--json"],
    });
    const last = await run.line((line) => line.startsWith("{"), WITHIN_MS);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    const summary = JSON.parse(last);
    expect(summary).toMatchObject({
      listeners: { held: 200, lost: 0 },
      users: { failed: 0 },
      holes: 0,
      errors: {},
    });
    // Without these the run would prove nothing.
    expect(summary.users.created).toBeGreaterThan(40);
    expect(summary.acknowledgedMs.count).toBeGreaterThan(200);
    expect(summary.resumedElsewhere).toBeGreaterThan(0);
    expect(summary.ownEvents).toBeGreaterThan(500);
  },
);
