/** One minute of chaos, on real processes; `npm run chaos -- --minutes 10 --seed 1` for a long look. */
import { expect, test } from "@jest/globals";
import { startProcess } from "@mirrorbook/testkit";

const SEED = 7;
/** A minute of faults, and the start and calm of a dozen processes on few cores. */
const WITHIN_MS = 240_000;

test(
  "for a minute everything fails in turn, and no promise is broken",
  async () => {
    await using run = await startProcess({
      name: "chaos",
      entry: "infra/chaos/main.ts",
      arguments: ["--minutes", "1", "--seed", String(SEED), "--json"],
    });
    const last = await run.line((line) => line.startsWith("{"), WITHIN_MS);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    const summary = JSON.parse(last);
    expect(summary).toMatchObject({ seed: SEED, violations: 0 });
    // Without these the minute would prove nothing.
    expect(summary.faults).toBeGreaterThan(20);
    expect(summary.commands.acknowledged).toBeGreaterThan(200);
    expect(summary.events).toBeGreaterThan(1_000);
    expect(summary.fills).toBeGreaterThan(30);
    expect(summary.bookFrames).toBeGreaterThan(500);
  },
  WITHIN_MS + 30_000,
);
