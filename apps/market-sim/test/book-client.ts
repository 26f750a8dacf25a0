import { createHash } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import type { MarketSim } from "../src/start-market-sim.ts";

/** What JSON.parse gives: tests look into messages freely. */
export type Json = ReturnType<typeof JSON.parse>;
type Level = readonly [price: string, quantity: string];
interface Diff {
  readonly U: number;
  readonly u: number;
  readonly b: readonly Level[];
  readonly a: readonly Level[];
}
interface BestPrices {
  readonly u: number;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

const PAUSE_MS = 5;

/** Waits until a condition holds. @throws when it does not within the deadline. */
export async function eventually(
  holds: () => boolean,
  what: string,
  withinMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Did not happen within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Gets JSON and the status. */
export async function get(
  sim: MarketSim,
  path: string,
): Promise<{ status: number; headers: Headers; body: Json }> {
  const response = await fetch(sim.url + path);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A raw WebSocket client that keeps every message, unless another listener is to take them. */
export class RawClient {
  readonly socket: WebSocket;
  readonly messages: Json[] = [];
  readonly texts: string[] = [];
  pings = 0;
  closed: { code: number; reason: string } | undefined;

  constructor(url: string, options: { autoPong?: boolean; keeps?: boolean } = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on("message", (data) => {
      if (options.keeps === false) return;
      this.texts.push(data.toString());
      this.messages.push(JSON.parse(data.toString()));
    });
    this.socket.on("ping", () => this.pings++);
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    this.socket.on("error", () => {});
  }

  static async open(sim: MarketSim, path: string, keeps = true): Promise<RawClient> {
    const client = new RawClient(sim.url.replace("http", "ws") + path, { keeps });
    await once(client.socket, "open");
    return client;
  }

  /** Sends a command and returns its answer. */
  async ask(command: object | string): Promise<Json> {
    const before = this.messages.length;
    this.socket.send(typeof command === "string" ? command : JSON.stringify(command));
    const isAnswer = (message: Json) => "result" in message || "code" in message;
    const answer = () => this.messages.slice(before).find(isAnswer);
    await eventually(() => answer() !== undefined, "an answer to a command");
    return answer();
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

/**
 * A book kept by the letter of Binance's rule, on strings, with no code of ours: the judge of both sources.
 * It throws on a gap, and after each diff compares its best levels with the last bookTicker that is not newer.
 */
export class ReferenceBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  lastUpdateId = 0;
  applied = 0;
  compared = 0;
  firstApplied: { U: number; u: number; lastUpdateId: number } | undefined;
  private buffered: Diff[] = [];
  private tickers: BestPrices[] = [];
  private isSynchronized = false;
  private bestPrices: { bids: string | undefined; asks: string | undefined } = {
    bids: undefined,
    asks: undefined,
  };

  /** Starts from a snapshot; diffs received earlier are applied if they are newer. */
  synchronize(snapshot: {
    lastUpdateId: number;
    bids: readonly Level[];
    asks: readonly Level[];
  }): void {
    for (const [price, quantity] of snapshot.bids) this.bids.set(price, quantity);
    for (const [price, quantity] of snapshot.asks) this.asks.set(price, quantity);
    this.bestPrices = { bids: snapshot.bids[0]?.[0], asks: snapshot.asks[0]?.[0] };
    this.lastUpdateId = snapshot.lastUpdateId;
    this.isSynchronized = true;
    const waiting = this.buffered;
    this.buffered = [];
    for (const diff of waiting) this.onDiff(diff);
  }

  onDiff(diff: Diff): void {
    if (!this.isSynchronized) this.buffered.push(diff);
    if (!this.isSynchronized || diff.u <= this.lastUpdateId) return;
    const { lastUpdateId } = this;
    const fits = this.applied === 0 ? diff.U <= lastUpdateId + 1 : diff.U === lastUpdateId + 1;
    if (!fits) throw new Error(`Gap: ${diff.U} after ${lastUpdateId}`);
    this.firstApplied ??= { U: diff.U, u: diff.u, lastUpdateId };
    setAll(this.bids, diff.b);
    setAll(this.asks, diff.a);
    this.renewBest("bids", diff.b);
    this.renewBest("asks", diff.a);
    this.lastUpdateId = diff.u;
    this.applied++;
    this.compareWithTicker();
  }

  onBookTicker(ticker: BestPrices): void {
    this.tickers.push(ticker);
  }

  best(side: "bids" | "asks"): Level | undefined {
    const price = this.bestPrices[side];
    const quantity = price === undefined ? undefined : this[side].get(price);
    return price === undefined || quantity === undefined ? undefined : [price, quantity];
  }

  /** Digest of the best 20 levels of both sides, as the README of the recordings defines it. */
  digest(): string {
    const lines = [
      ...this.top("bids", 20).map(([price, quantity]) => `b,${price},${quantity}\n`),
      ...this.top("asks", 20).map(([price, quantity]) => `a,${price},${quantity}\n`),
    ];
    return createHash("sha256").update(lines.join("")).digest("hex").slice(0, 16);
  }

  private compareWithTicker(): void {
    const index = this.tickers.findLastIndex((ticker) => ticker.u <= this.lastUpdateId);
    const ticker = this.tickers[index];
    if (ticker === undefined) return;
    this.tickers.splice(0, index);
    const [bid, bidSize] = this.best("bids") ?? [];
    const [ask, askSize] = this.best("asks") ?? [];
    const same =
      bid === ticker.b && bidSize === ticker.B && ask === ticker.a && askSize === ticker.A;
    if (!same)
      throw new Error(`Best prices differ at ${this.lastUpdateId}: ${JSON.stringify(ticker)}`);
    this.compared++;
  }

  /** The best price changes with a better level, or when its own is gone: then all are looked at. */
  private renewBest(side: "bids" | "asks", levels: readonly Level[]): void {
    const old = this.bestPrices[side];
    const candidates =
      old !== undefined && this[side].has(old)
        ? [old, ...levels.map(([price]) => price).filter((price) => this[side].has(price))]
        : this[side].keys();
    let best: string | undefined;
    for (const price of candidates) {
      const isBetter = best === undefined || Number(price) > Number(best) === (side === "bids");
      if (isBetter) best = price;
    }
    this.bestPrices[side] = best;
  }

  private top(side: "bids" | "asks", count: number): Level[] {
    const direction = side === "bids" ? -1 : 1;
    return [...this[side]].sort(([a], [b]) => direction * (Number(a) - Number(b))).slice(0, count);
  }
}

function setAll(side: Map<string, string>, levels: readonly Level[]): void {
  for (const [price, quantity] of levels) {
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
  }
}

/** Connects a reference book to a simulator: stream first, then the snapshot, as the rule says. */
export class FollowedBook {
  readonly book = new ReferenceBook();
  readonly client: RawClient;
  failure: unknown;

  private constructor(client: RawClient) {
    this.client = client;
  }

  static async follow(
    sim: MarketSim,
    symbol: string,
    options: { waitForDiffs?: number } = {},
  ): Promise<FollowedBook> {
    const name = symbol.toLowerCase();
    const path = `/stream?streams=${name}@depth@100ms/${name}@bookTicker`;
    const client = await RawClient.open(sim, path, false);
    const followed = new FollowedBook(client);
    let diffs = 0;
    client.socket.on("message", (data) => {
      const message = JSON.parse(data.toString());
      try {
        if (message.stream.endsWith("@bookTicker")) followed.book.onBookTicker(message.data);
        else followed.book.onDiff(message.data);
      } catch (error) {
        followed.failure ??= error;
      }
      if (message.stream.includes("@depth")) diffs++;
    });
    await eventually(() => diffs >= (options.waitForDiffs ?? 0), "diffs before the snapshot");
    followed.book.synchronize((await get(sim, `/api/v3/depth?symbol=${symbol}&limit=1000`)).body);
    return followed;
  }
}
