import { once } from "node:events";
import { eventually } from "./eventually.ts";

const VIEWS_MAX = 300;
const DEPTH = 20;

type WireLevel = readonly [price: string, size: string];
type Side = Map<number, number>;
/** Best levels of one side, as numbers, best first. */
export type WitnessedLevels = readonly (readonly [price: number, size: number])[];

interface DepthUpdate {
  readonly U: number;
  readonly u: number;
  readonly b: readonly WireLevel[];
  readonly a: readonly WireLevel[];
}

/**
 * Follows one market on its own line, by Binance's rule in its simplest form, and remembers the best twenty levels by
 * update id: an account of the truth that shares no code with the feed.
 */
export class MarketWitness implements AsyncDisposable {
  readonly views = new Map<number, { bids: WitnessedLevels; asks: WitnessedLevels }>();
  readonly #socket: WebSocket;
  readonly #bids: Side = new Map();
  readonly #asks: Side = new Map();
  #waiting: DepthUpdate[] | null = [];
  #lastUpdateId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#onUpdate(JSON.parse(String(data))));
  }

  /** Begins to follow `symbol` on the simulator at `url`. */
  static async start(url: string, symbol: string): Promise<MarketWitness> {
    const stream = `${symbol.toLowerCase()}@depth@100ms`;
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/${stream}`);
    await once(socket, "open");
    const witness = new MarketWitness(socket);
    await eventually(() => {
      if (witness.#waiting?.length === 0) throw new Error(`no diff of ${symbol} yet`);
    });
    const response = await fetch(`${url}/api/v3/depth?symbol=${symbol}&limit=5000`);
    witness.#begin(await response.json());
    return witness;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
  }

  #begin(snapshot: { lastUpdateId: number; bids: WireLevel[]; asks: WireLevel[] }): void {
    setLevels(this.#bids, snapshot.bids);
    setLevels(this.#asks, snapshot.asks);
    this.#lastUpdateId = snapshot.lastUpdateId;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const update of waiting) this.#onUpdate(update);
  }

  #onUpdate(update: DepthUpdate): void {
    if (this.#waiting !== null) {
      this.#waiting.push(update);
      return;
    }
    if (update.u <= this.#lastUpdateId) return;
    if (update.U > this.#lastUpdateId + 1) throw new Error("the witness itself lost a diff");
    setLevels(this.#bids, update.b);
    setLevels(this.#asks, update.a);
    this.#lastUpdateId = update.u;
    this.views.set(update.u, { bids: best(this.#bids, -1), asks: best(this.#asks, 1) });
    if (this.views.size > VIEWS_MAX) this.views.delete(this.views.keys().next().value!);
  }
}

function setLevels(side: Side, levels: readonly WireLevel[]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(Number(price));
    else side.set(Number(price), Number(size));
  }
}

function best(side: Side, direction: 1 | -1): WitnessedLevels {
  return [...side].sort(([a], [b]) => direction * (a - b)).slice(0, DEPTH);
}
