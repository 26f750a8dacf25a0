/** When to try again, as pure functions of what happened; the callers own clocks and timers. */
import type { ErrorCode } from "@mirrorbook/kernel";

export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export const RECONNECT_BACKOFF: BackoffOptions = { baseMs: 400, maxMs: 10_000 };
export const COMMAND_BACKOFF: BackoffOptions = { baseMs: 200, maxMs: 2_000 };

/**
 * Wait before attempt number `attempt` (0 = first), uniform in [bound/4, bound) with a doubling bound: clients that lost
 * the same server at the same moment must not all come back at the same moment.
 *
 * @param random uniform in [0, 1)
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions): number {
  const bound = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(bound * (0.25 + 0.75 * random));
}

/** The address for attempt `attempt` after the connection to `urls[current]` was lost: each of them in turn. */
export function nextUrlIndex(current: number, count: number, leaveCurrent: boolean): number {
  return leaveCurrent ? (current + 1) % count : current;
}

/**
 * Whether a command may be sent again by itself with the same id: only where the server cannot have refused it on its
 * merits. A stale market is not among these reasons: a market order that waits for the market to come back is a
 * different order.
 *
 * @param unknown an earlier attempt may have taken effect, so a refusal at the door says nothing about the command
 */
export function mayRepeat(code: ErrorCode, unknown: boolean): boolean {
  return REPEATABLE.has(code) || (unknown && code === "RATE_LIMITED");
}

const REPEATABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "OUTCOME_UNKNOWN",
  "UNAVAILABLE",
  "DRAINING",
  "INTERNAL",
]);

/** Codes after which reconnecting with the same token cannot help. */
const FINAL: ReadonlySet<string> = new Set(["UNAUTHORIZED", "SESSION_REVOKED", "FORBIDDEN"]);

export function endsSession(code: string | undefined): boolean {
  return code !== undefined && FINAL.has(code.toUpperCase());
}
