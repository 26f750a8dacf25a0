import { setTimeout as sleep } from "node:timers/promises";

export interface Deadline {
  /** How long the condition may take to come true; the test fails after it. */
  readonly withinMs?: number;
  /** Pause between two tries. */
  readonly everyMs?: number;
}

const WITHIN_MS = 10_000;
const EVERY_MS = 20;

/**
 * Tries `check` until it no longer throws, and returns what it returned.
 *
 * @throws the last failure of `check`, its message opened by how long we waited. A try that hangs counts as a failure.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = WITHIN_MS, everyMs = EVERY_MS }: Deadline = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await within(deadline - performance.now(), "the condition answers", check());
    } catch (error) {
      if (performance.now() + everyMs >= deadline) throw notWithin(withinMs, error);
    }
    await sleep(everyMs);
  }
}

/** Waits for `promise`, at most `ms` milliseconds. @throws {Error} that names `what` did not happen. */
export async function within<T>(ms: number, what: string, promise: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Not within ${Math.max(0, Math.round(ms))} ms: ${what}`)),
      Math.max(0, ms),
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Adds to the error's own message, whichever realm made it, so that a matcher's report stays as it is. */
function notWithin(ms: number, error: unknown): unknown {
  if (typeof error === "object" && error !== null && "message" in error) {
    error.message = `Not within ${ms} ms: ${error.message}`;
  }
  return error;
}
