import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Child } from "./child.ts";
import { eventually } from "./eventually.ts";

export const REPOSITORY = join(import.meta.dirname, "../../..");
const STOP_WITH_PARENT = pathToFileURL(join(REPOSITORY, "infra/setup/stop-with-parent.mjs")).href;
/** Generous: several processes start at once on few cores. */
const READY_WITHIN_MS = 30_000;

/** What a process inherits of our environment; the rest would make tests depend on who runs them. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];

export interface NodeProcessOptions {
  readonly name: string;
  /** Program to run, relative to the repository. */
  readonly entry: string;
  readonly arguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Tried until it no longer throws; the process is then ready. */
  readonly ready?: (child: Child) => void | Promise<void>;
  readonly readyWithinMs?: number;
}

/** Starts a real Node process and waits until it is ready. @throws with its last words when it never is. */
export async function startProcess(options: NodeProcessOptions): Promise<Child> {
  const { arguments: given = [] } = options;
  const child = new Child({
    name: options.name,
    command: process.execPath,
    arguments: ["--import", STOP_WITH_PARENT, join(REPOSITORY, options.entry), ...given],
    cwd: REPOSITORY,
    env: { ...inherited(), ...options.env },
    ipc: true,
  });
  const { ready, readyWithinMs = READY_WITHIN_MS } = options;
  if (ready === undefined) return child;
  try {
    // Once the process has ended there is nothing to try any more: `whileRunning` tells of it.
    const isReady = eventually(() => (child.running ? ready(child) : undefined), {
      withinMs: readyWithinMs,
      everyMs: 50,
    });
    await child.whileRunning(readyWithinMs + 1_000, "becomes ready", isReady);
    return child;
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

/** A readiness check: `url` answers with a success. */
export function answersAt(url: string): () => Promise<void> {
  return async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    if (!response.ok)
      throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  };
}

function inherited(): Record<string, string> {
  const entries = INHERITED.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
