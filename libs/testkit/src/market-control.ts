import { within } from "./eventually.ts";

const ANSWER_WITHIN_MS = 5_000;

/** Faults of the market simulator, as its control endpoint takes them; apps/market-sim/README.md tells what each does. */
export interface MarketFaults {
  drop: { connection?: number | "all" };
  close: { connection?: number | "all"; code?: number; reason?: string };
  stall: { connection?: number | "all"; durationMs?: number };
  slow: { connection?: number | "all"; delayMs: number };
  gap: { symbol: string; diffs?: number };
  rest: { delayMs: number };
  refuse: {
    status: 403 | 418 | 429 | 451 | 503;
    target?: "rest" | "stream" | "both";
    retryAfterSeconds?: number;
    requests?: number;
    durationMs?: number;
  };
  halt: { symbol: string; status?: "HALT" | "BREAK" };
  resume: { symbol: string };
  "announce-shutdown": Record<string, never>;
  clear: Record<string, never>;
  step: { messages?: number };
  shutdown: Record<string, never>;
}

export interface MarketConnection {
  readonly id: number;
  readonly streams: readonly string[];
}

/** Remote control of a market simulator. */
export class MarketControl {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Makes a fault happen. @throws when the simulator refuses it. */
  async fault<A extends keyof MarketFaults>(action: A, settings: MarketFaults[A]): Promise<void> {
    await this.#call(action, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(settings),
    });
  }

  /** Lines that are open now. */
  async connections(): Promise<readonly MarketConnection[]> {
    const status = await this.#call<{ connections: MarketConnection[] }>("status", {});
    return status.connections;
  }

  async #call<T>(action: string, request: RequestInit): Promise<T> {
    const response = await within(
      ANSWER_WITHIN_MS,
      `the simulator answers ${action}`,
      fetch(`${this.url}/control/${action}`, request),
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`${action}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
