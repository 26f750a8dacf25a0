/** Does the server still answer, how far away is it, and what does its clock say? Asks one server, again and again. */
import { addSample, type ClockEstimate, NO_ESTIMATE } from "./clock-estimate.ts";

/** A latency ping without an answer for this long makes the connection stale; twice that drops it. */
export const PING_TIMEOUT_MS = 4_000;
export const PING_EVERY_MS = 5_000;

export interface HeartbeatDeps {
  readonly everyMs: number;
  /** Asks the server for its time. @throws when the connection goes or `timeoutMs` pass without an answer. */
  ask(sentAt: number, timeoutMs: number): Promise<unknown>;
  onOverdue(): void;
  /** The server answered; the estimate is the best so far. */
  onAnswer(estimate: ClockEstimate): void;
  /** It died without a word. */
  onDead(): void;
}

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  #clock: ClockEstimate = NO_ESTIMATE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
    void this.#beat();
  }

  /** Says nothing any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #beat(): Promise<void> {
    const { ask, everyMs, onOverdue, onAnswer, onDead } = this.#deps;
    const sentAt = Date.now();
    const started = performance.now();
    const overdue = setTimeout(() => this.#stopped || onOverdue(), PING_TIMEOUT_MS);
    try {
      const answer = await ask(sentAt, 2 * PING_TIMEOUT_MS);
      if (this.#stopped) return;
      const serverTime = serverTimeOf(answer);
      const receivedAt = sentAt + performance.now() - started;
      if (serverTime !== null) {
        this.#clock = addSample(this.#clock, sentAt, serverTime, receivedAt);
      }
      onAnswer(this.#clock);
      this.#timer = setTimeout(() => void this.#beat(), everyMs);
    } catch {
      if (!this.#stopped) onDead();
    } finally {
      clearTimeout(overdue);
    }
  }
}

function serverTimeOf(answer: unknown): number | null {
  const value = (answer as { value?: unknown } | null)?.value ?? answer;
  const time = (value as { serverTime?: unknown } | null)?.serverTime;
  const ms = typeof time === "number" ? time : typeof time === "string" ? Date.parse(time) : NaN;
  return Number.isFinite(ms) ? ms : null;
}
