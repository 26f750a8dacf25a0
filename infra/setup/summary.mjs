/** `summary.mjs <passed|failed> {<exit code of a Jest run> <its JSON results>}`: the last line of `.ci/run`. */
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

/**
 * Adds up the check and the runs of tests. A suite that could not run, missing results, and a failure that no test owns
 * up to each count as one failed.
 *
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   numRuntimeErrorTestSuites: number }} JestResults
 * @typedef {{ exitCode: number, results: JestResults | null }} TestRun
 * @param {boolean} checkPassed
 * @param {readonly TestRun[]} runs
 */
export function summarize(checkPassed, runs) {
  const total = (/** @type {(run: TestRun) => number} */ of) =>
    runs.reduce((sum, run) => sum + of(run), 0);
  const passed = total(({ results }) => results?.numPassedTests ?? 0) + (checkPassed ? 1 : 0);
  const failed = total(failedOf) + (checkPassed ? 0 : 1);
  const skipped = total(
    ({ results }) => (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0),
  );
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return { line, exitCode: failed === 0 ? 0 : 1 };
}

/** @param {TestRun} run */
function failedOf({ exitCode, results }) {
  const failed = (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
  return failed === 0 && (exitCode !== 0 || results === null) ? 1 : failed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [check, ...given] = process.argv.slice(2);
  const runs = [];
  for (let at = 0; at < given.length; at += 2) {
    const results = await readFile(given[at + 1] ?? "", "utf8").then(JSON.parse, () => null);
    runs.push({ exitCode: Number(given[at]), results });
  }
  const { line, exitCode } = summarize(check === "passed", runs);
  console.log(line);
  process.exitCode = exitCode;
}
