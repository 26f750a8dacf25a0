import { spawn } from "node:child_process";

const OUTPUT_KEPT_MAX = 8_000;

/** Set-up cannot go on, and the message tells the person at the keyboard why and what to do. */
export class SetUpError extends Error {}

/**
 * Prints what is being done and, after it, how long it took. On standard error: a task's own output stays clean.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(title, action) {
  const startedAtMs = performance.now();
  console.error(`• ${title} …`);
  const result = await action();
  console.error(`  done in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Brings what only some tests need. Where it cannot be had, says what is skipped instead of failing.
 *
 * @param {string} title
 * @param {string} without what is missing, and what skips for it
 * @param {() => Promise<boolean>} bring resolves with false where this machine does not let us
 */
export async function optionalStep(title, without, bring) {
  try {
    if (!(await step(title, bring))) console.error(`  ${without}`);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`${error.message}\n${without}`);
  }
}

/**
 * Runs a command, printing it first; its output is shown only when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} given
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function run(command, given, options = {}) {
  console.error(`  $ ${[command, ...given].join(" ")}`);
  const { code, output } = await tryRun(command, given, options);
  if (code === 0) return;
  throw new SetUpError(`${output}\n"${command} ${given.join(" ")}" failed with code ${code}.`);
}

/**
 * Runs a command quietly.
 *
 * @param {string} command
 * @param {readonly string[]} given
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when there is no such command
 */
export function tryRun(command, given, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, given, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-OUTPUT_KEPT_MAX);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (error) => resolve({ code: 127, output: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
