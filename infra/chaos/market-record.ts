/** Writes down what the market displayed, on a line of its own: the account that P5 is judged by. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Displayed } from "./evidence.ts";

/** Fills reach no deeper, and it costs little of what Binance allows an address. */
const SNAPSHOT_LEVELS = 1_000;
const AGAIN_AFTER_MS = 500;

type WireLevel = [price: string, size: string];
interface WireDiff {
  readonly U: number;
  readonly u: number;
  readonly b: WireLevel[];
  readonly a: WireLevel[];
}

export class MarketRecord implements Disposable {
  readonly entries: Displayed[] = [];
  readonly #url: string;
  readonly #symbol: string;
  #socket: WebSocket | null = null;
  /** `null` while no snapshot continues the line. */
  #lastUpdateId: number | null = null;
  #closed = false;

  constructor(url: string, symbol: string) {
    this.#url = url;
    this.#symbol = symbol;
    this.#open();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#socket?.close();
  }

  #open(): void {
    if (this.#closed) return;
    const stream = `${this.#symbol.toLowerCase()}@depth@100ms`;
    const socket = new WebSocket(`${this.#url.replace(/^http/, "ws")}/ws/${stream}`);
    this.#socket = socket;
    let waiting: WireDiff[] | null = [];
    const take = (diff: WireDiff) => {
      if (waiting !== null) waiting.push(diff);
      else if (!this.#follow(diff)) socket.close();
    };
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.e === "depthUpdate") take(message); // Announcements come on every line.
    });
    socket.addEventListener("open", async () => {
      while (!this.#closed && this.#socket === socket && !(await this.#snapshot())) {
        await sleep(AGAIN_AFTER_MS);
      }
      const held: WireDiff[] = waiting ?? [];
      waiting = null;
      for (const diff of held) if (!this.#follow(diff)) return socket.close();
    });
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#lastUpdateId = null;
      setTimeout(() => this.#open(), AGAIN_AFTER_MS);
    });
  }

  /** False when something is missing before `diff`. */
  #follow({ U, u, b, a }: WireDiff): boolean {
    const last = this.#lastUpdateId;
    if (last === null) return false;
    if (u <= last) return true;
    if (U > last + 1) return false;
    this.#lastUpdateId = u;
    this.#note("diff", u, b, a);
    return true;
  }

  async #snapshot(): Promise<boolean> {
    try {
      const path = `/api/v3/depth?symbol=${this.#symbol}&limit=${SNAPSHOT_LEVELS}`;
      const response = await fetch(this.#url + path);
      if (!response.ok) return false;
      const { lastUpdateId, bids, asks } = (await response.json()) as {
        lastUpdateId: number;
        bids: WireLevel[];
        asks: WireLevel[];
      };
      this.#lastUpdateId = lastUpdateId;
      this.#note("snapshot", lastUpdateId, bids, asks);
      return true;
    } catch {
      return false;
    }
  }

  #note(kind: Displayed["kind"], updateId: number, bids: WireLevel[], asks: WireLevel[]): void {
    this.entries.push({ symbol: this.#symbol, kind, updateId, bids, asks });
  }
}
