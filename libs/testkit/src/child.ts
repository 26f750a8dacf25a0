import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { within } from "./eventually.ts";
import { recordEvidence } from "./evidence.ts";

const LOG_LINES_MAX = 2_000;
const LOG_LINES_IN_ERRORS = 40;
const STOP_WITHIN_MS = 10_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  /** Short name that opens its lines in evidence and errors. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Opens an IPC channel, by which `infra/setup/stop-with-parent.mjs` notices that we are gone. */
  readonly ipc?: boolean;
}

/** Owns one real process of the operating system: what it says, whether it lives, and its end. */
export class Child implements AsyncDisposable {
  readonly name: string;
  /** Settles when the process has ended, however it did. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#process = spawn(options.command, [...options.arguments], {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv | undefined,
      stdio: options.ipc ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => this.#onLine(line));
    }
    this.exited = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => resolve({ code, signal }));
      this.#process.once("error", (error) => {
        this.#onLine(`could not be started: ${error.message}`);
        resolve({ code: -1, signal: null });
      });
    });
    killWithUs(this.#process);
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get running(): boolean {
    const { exitCode, signalCode, pid } = this.#process;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** Its latest output, standard output and error in order of arrival. */
  get log(): readonly string[] {
    return this.#lines;
  }

  /** Waits for a line of output that `matches`, said before or after the call. @throws when it ends or stays silent. */
  async line(matches: (line: string) => boolean, withinMs: number): Promise<string> {
    const said = this.#lines.find(matches);
    if (said !== undefined) return said;
    let listener: (line: string) => void = () => {};
    const heard = new Promise<string>((resolve) => {
      listener = (line) => matches(line) && resolve(line);
      this.#listeners.add(listener);
    });
    try {
      return await this.whileRunning(withinMs, "says what we wait for", heard);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Waits for `promise`, but no longer than the process lives. @throws with the tail of its log. */
  async whileRunning<T>(withinMs: number, what: string, promise: Promise<T>): Promise<T> {
    const ended = this.exited.then(({ code, signal }): never => {
      throw new Error(`it ended with ${signal ?? `code ${code}`}`);
    });
    ended.catch(() => {});
    try {
      return await within(withinMs, what, Promise.race([promise, ended]));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const tail = this.#lines.slice(-LOG_LINES_IN_ERRORS).join("\n");
      throw new Error(`${this.name}: ${reason}. Its last words:\n${tail}`, { cause: error });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Sends `signal` and waits for the end. A process that does not obey in time is killed, and that is an error. */
  async kill(signal: NodeJS.Signals = "SIGTERM", withinMs = STOP_WITHIN_MS): Promise<Exit> {
    if (!this.running) return this.exited;
    this.#process.kill(signal);
    try {
      return await within(withinMs, `${this.name} ends after ${signal}`, this.exited);
    } catch (error) {
      this.#process.kill("SIGKILL");
      await this.exited;
      throw error;
    }
  }

  /** Stops the clock for the process: it neither runs nor ends, its sockets stay open. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.running) return;
    this.resume();
    await this.kill("SIGTERM");
  }

  #onLine(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LOG_LINES_MAX) this.#lines.shift();
    recordEvidence(this.name, line);
    for (const listener of this.#listeners) listener(line);
  }
}

/** Ends `child` when this process exits first, e.g. because the test runner was interrupted. */
function killWithUs(child: ChildProcess): void {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  void once(child, "exit").then(
    () => process.off("exit", kill),
    () => process.off("exit", kill),
  );
}
