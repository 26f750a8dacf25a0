/** `summary.mjs <passed|failed> <exit code of the tests> <Jest's JSON results>`: the last line of `.ci/run`. */
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

/**
 * Adds up the check and the tests. A suite that could not run, missing results, and a failure that no test owns up to
 * each count as one failed.
 *
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   numRuntimeErrorTestSuites: number }} JestResults
 * @param {boolean} checkPassed
 * @param {number} testsExitCode
 * @param {JestResults | null} results
 */
export function summarize(checkPassed, testsExitCode, results) {
  const passed = (results?.numPassedTests ?? 0) + (checkPassed ? 1 : 0);
  const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
  const failedTests = (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
  const unexplained = failedTests === 0 && (testsExitCode !== 0 || results === null) ? 1 : 0;
  const failed = failedTests + unexplained + (checkPassed ? 0 : 1);
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return { line, exitCode: failed === 0 ? 0 : 1 };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [check, testsExitCode, path = ""] = process.argv.slice(2);
  const results = await readFile(path, "utf8").then(JSON.parse, () => null);
  const { line, exitCode } = summarize(check === "passed", Number(testsExitCode), results);
  console.log(line);
  process.exitCode = exitCode;
}
