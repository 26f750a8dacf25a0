/** A release without anybody losing anything: every process restarted in turn, behind nginx as it is shipped. */
import { expect, test } from "@jest/globals";
import { nginxMissing, startProcess } from "@mirrorbook/testkit";

/** The start and calm of a dozen processes on few cores, and nine restarts in turn. */
const WITHIN_MS = 240_000;

(nginxMissing === null ? test : test.skip)(
  "every process is restarted under load, and no promise is broken",
  async () => {
    await using run = await startProcess({
      name: "rolling",
      entry: "infra/chaos/main.ts",
      arguments: ["--rolling", "--nginx", "--minutes", "0.1", "--pace-ms", "500", "--json"],
    });
    const last = await run.line((line) => line.startsWith("{"), WITHIN_MS);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    const summary = JSON.parse(last);
    expect(summary).toMatchObject({
      violations: 0,
      problems: 0,
      faultsByKind: {
        restart_gateway: 3,
        restart_leader: 2,
        restart_worker: 2,
        restart_redis: 1,
      },
    });
    // Without these the release would prove nothing.
    expect(summary.commands.acknowledged).toBeGreaterThan(300);
    expect(summary.events).toBeGreaterThan(1_000);
    expect(summary.fills).toBeGreaterThan(50);
    expect(summary.bookFrames).toBeGreaterThan(300);
  },
  WITHIN_MS + 30_000,
);
