import type { Clock } from "@mirrorbook/kernel";

export type RefusalStatus = 403 | 418 | 429 | 451 | 503;

/** An answer that stands in for the real one, for a number of requests or a time. */
export interface RefusalFault {
  readonly target: "rest" | "stream" | "both";
  readonly status: RefusalStatus;
  /** Sent as Retry-After with 418 and 429. */
  readonly retryAfterSeconds: number;
  readonly requests: number;
  readonly durationMs: number;
}

/** Faults on demand that are not tied to one connection. Without any the simulator behaves as Binance does on a good day. */
export class Faults {
  restDelayMs = 0;
  private readonly clock: Clock;
  private readonly diffsToLose = new Map<string, number>();
  private refusal: { fault: RefusalFault; left: number; untilMs: number } | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Loses the next diffs of a symbol on their way to everyone: a gap in the update ids. */
  loseDiffs(symbol: string, diffs: number): void {
    this.diffsToLose.set(symbol, diffs);
  }

  /** Counts down the diffs to lose; the diff of 100 ms and that of 1 s count alike. */
  isLost(symbol: string, stream: string): boolean {
    const left = this.diffsToLose.get(symbol) ?? 0;
    if (left === 0 || !stream.includes("@depth")) return false;
    this.diffsToLose.set(symbol, left - 1);
    return true;
  }

  refuse(fault: RefusalFault): void {
    const untilMs = this.clock.monotonicMs() + fault.durationMs;
    this.refusal = { fault, left: fault.requests, untilMs };
  }

  /** The refusal for a request that arrives now, if one is due; uses it up. */
  takeRefusal(target: "rest" | "stream"): RefusalFault | undefined {
    const current = this.refusal;
    if (current === undefined || !covers(current.fault, target)) return undefined;
    if (current.left <= 0 || this.clock.monotonicMs() >= current.untilMs) {
      this.refusal = undefined;
      return undefined;
    }
    current.left--;
    return current.fault;
  }

  clear(): void {
    this.restDelayMs = 0;
    this.diffsToLose.clear();
    this.refusal = undefined;
  }

  status(): Record<string, unknown> {
    const refusal = this.refusal?.fault;
    const diffsToLose = Object.fromEntries([...this.diffsToLose].filter(([, left]) => left > 0));
    return { restDelayMs: this.restDelayMs, diffsToLose, refusal: refusal ?? null };
  }
}

function covers(fault: RefusalFault, target: "rest" | "stream"): boolean {
  return fault.target === "both" || fault.target === target;
}
