import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, renameSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { quickEnds, restartDelayMs } from "./back-off.ts";
import type { Program } from "./program.ts";

const STOP_WITH_PARENT = pathToFileURL(resolve("infra/setup/stop-with-parent.mjs")).href;

/**
 * Owns one program: starts it, starts it again when it ends by itself, and stops it.
 *
 * It runs in a process group of its own, so that Ctrl-C in the terminal reaches the runner alone, which stops its
 * programs in the right order.
 */
export class Supervised {
  readonly program: Program;
  readonly logFile: string;
  /** Ends in a row that came soon after a start. */
  ends = 0;
  readonly #say: (line: string) => void;
  #child: ChildProcess | null = null;
  #restart: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(program: Program, logFolder: string, say: (line: string) => void) {
    this.program = program;
    this.logFile = join(logFolder, `${program.name}.log`);
    this.#say = say;
  }

  /** Starts the program with a new log; the one of the run before stays beside it. */
  start(): void {
    if (existsSync(this.logFile)) {
      renameSync(this.logFile, this.logFile.replace(/\.log$/, ".previous.log"));
    }
    this.#spawn();
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** Asks the program to end and waits; kills it when it takes longer than `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const child = this.#child;
    if (child === null) return;
    const late = setTimeout(() => {
      this.#say(`${this.program.name} does not stop within ${withinMs / 1000} s and is killed`);
      child.kill("SIGKILL");
    }, withinMs);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    clearTimeout(late);
  }

  /** Ends the program at once. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill("SIGKILL");
  }

  /** The last lines it wrote. */
  async lastWords(lines: number): Promise<string> {
    const text = await readFile(this.logFile, "utf8").catch(() => "");
    return text.trimEnd().split("\n").slice(-lines).join("\n");
  }

  #spawn(): void {
    const { command, arguments: given, environment, isNode } = this.program;
    const log = openSync(this.logFile, "a");
    const startedAtMs = performance.now();
    const child = spawn(command, isNode ? ["--import", STOP_WITH_PARENT, ...given] : [...given], {
      env: environment,
      detached: true,
      stdio: isNode ? ["ignore", log, log, "ipc"] : ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    child.once("error", (error) => {
      if (child.pid === undefined) this.#onEnd(error.message, startedAtMs);
    });
    child.once("exit", (code, signal) => this.#onEnd(signal ?? `code ${code}`, startedAtMs));
  }

  #onEnd(how: string, startedAtMs: number): void {
    this.#child = null;
    if (this.#stopping) return;
    this.ends = quickEnds(this.ends, performance.now() - startedAtMs);
    const delayMs = restartDelayMs(this.ends);
    this.#say(
      `${this.program.name} ended (${how}) and is started again in ${delayMs / 1000} s; its words are in ${this.logFile}`,
    );
    this.#restart = setTimeout(() => this.#spawn(), delayMs);
  }
}
