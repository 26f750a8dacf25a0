import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** Clock ticks per second of /proc/<pid>/stat: fixed to 100 for user space on Linux. */
const TICKS_PER_SECOND = 100;
const MICROSECONDS_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

/** User and system time a process has used, in microseconds, from the operating system's accounting. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

export function residentBytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return pages * 4096;
}

/** A process of the bench that is asked by IPC and ends with it. */
export class BenchChild {
  readonly #process: ChildProcess;
  readonly #exit: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#exit = exitOf(child);
    this.#exit.catch(() => {}); // Whoever waits for an answer learns of it.
  }

  /** Resolves with the child and its first message, which says that it is ready. */
  static async start<First>(
    file: string,
    args: readonly string[] = [],
    execArgv: readonly string[] = [],
  ): Promise<[BenchChild, First]> {
    const path = new URL(file, import.meta.url).pathname;
    const child = fork(path, [...args], {
      execArgv: [...execArgv],
      stdio: ["ignore", 2, 2, "ipc"],
    });
    const started = new BenchChild(child);
    return [started, await started.#answer<First>()];
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async ask<Answer>(request: object): Promise<Answer> {
    this.#process.send(request);
    return await this.#answer<Answer>();
  }

  stop(): void {
    this.#process.kill();
  }

  async #answer<Answer>(): Promise<Answer> {
    const [answer] = await Promise.race([once(this.#process, "message"), this.#exit]);
    return answer as Answer;
  }
}

async function exitOf(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, "exit");
  throw new Error(`A process of the bench ended (${code ?? signal}): ${child.spawnargs.join(" ")}`);
}
