import { TestEnvironment } from "jest-environment-node";

/** After a failed test, prints what the processes it started had said (libs/testkit/src/evidence.ts). */
const EVIDENCE = Symbol.for("mirrorbook.evidence");
const LINES_PRINTED_MAX = 300;

export default class EvidenceEnvironment extends TestEnvironment {
  handleTestEvent(event) {
    const lines = this.global[EVIDENCE]?.lines ?? [];
    if (event.name === "test_start") lines.length = 0;
    if (event.name === "test_done" && event.test.errors.length > 0 && lines.length > 0) {
      const said = lines.slice(-LINES_PRINTED_MAX).join("\n");
      process.stderr.write(
        `\nProcesses of the failed test "${event.test.name}" said:\n${said}\n\n`,
      );
    }
  }
}
