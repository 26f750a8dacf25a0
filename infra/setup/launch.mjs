import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, resolve } from "node:path";
import { PINNED_NODE } from "./dependencies.mjs";

/** Ends a Node process when the one that started it is gone; see there. */
const STOP_WITH_PARENT = new URL("./stop-with-parent.mjs", import.meta.url).href;

/** @type {NodeJS.Signals[]} */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs the pinned Node in our place: same terminal, our signals, its exit code (128 + n when signal n ended it).
 *
 * @param {readonly string[]} given
 * @param {{ stopWithUs?: boolean }} [options] stopWithUs: asks the program to stop even when we are killed outright
 * @returns {Promise<number>}
 */
export function runPinnedNode(given, { stopWithUs = false } = {}) {
  const binaries = resolve("node_modules/.bin");
  const preload = stopWithUs ? ["--import", STOP_WITH_PARENT] : [];
  const child = spawn(resolve(PINNED_NODE), [...preload, ...given], {
    stdio: stopWithUs ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
    env: { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH ?? ""}` },
  });
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("close", (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      settle(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
}
