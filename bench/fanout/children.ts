import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

const NANOSECONDS_PER_MICROSECOND = 1_000;

/** Time a process's threads have spent on a CPU, user and system, in microseconds: the scheduler's own accounting. */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8");
    nanoseconds += Number(schedstat.split(" ")[0]);
  }
  return nanoseconds / NANOSECONDS_PER_MICROSECOND;
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
