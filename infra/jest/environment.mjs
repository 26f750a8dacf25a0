import { TestEnvironment } from "jest-environment-node";

/** After a failed test, prints what the processes it started had said (libs/testkit/src/evidence.ts). */
const EVIDENCE = Symbol.for("mirrorbook.evidence");
const LINES_PRINTED_MAX = 300;

export default class EvidenceEnvironment extends TestEnvironment {
  handleTestEvent(/** @type {import("@jest/types").Circus.Event} */ event) {
    const lines = this.#lines();
    if (event.name === "test_start") lines.length = 0;
    if (event.name === "test_done" && event.test.errors.length > 0 && lines.length > 0) {
      const said = lines.slice(-LINES_PRINTED_MAX).join("\n");
      process.stderr.write(
        `\nProcesses of the failed test "${event.test.name}" said:\n${said}\n\n`,
      );
    }
  }

  /** @returns {string[]} */
  #lines() {
    const evidence = /** @type {{ lines: string[] } | undefined} */ (
      Reflect.get(this.global, EVIDENCE)
    );
    return evidence?.lines ?? [];
  }
}
