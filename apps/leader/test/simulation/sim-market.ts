/** A market that moves by the seed, told to every node in the same order, each with a delay of its own. */
import type { FeedEvent } from "@mirrorbook/binance";
import type { BookLevel } from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import { BTC } from "../fixtures.ts";
import type { SimNode } from "./sim-node.ts";
import type { SimWorld } from "./sim-world.ts";

const MID = 10_000_00;
const LEVELS = 12;
const ONE = 100_000;
const STEP_MS = 100;

/** Size displayed at a price, with the update that brought it. */
interface Displayed {
  readonly updateId: number;
  readonly size: number;
}

export class SimMarket {
  readonly #world: SimWorld;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  readonly #nodes = new Map<SimNode, { nextMs: number }>();
  /** What was displayed, by side and price, in order: the measure of what may be taken. */
  readonly history = new Map<string, Displayed[]>();
  #updateId = 1;
  #tradeId = 0;
  #status: "live" | "halted" = "live";

  /** @param halts whether it stops trading now and then. */
  constructor(world: SimWorld, halts: boolean) {
    this.#world = world;
    for (let i = 0; i < LEVELS; i++) {
      this.#set("bid", MID - 100 * (i + 1), this.#size());
      this.#set("ask", MID + 100 * i, this.#size());
    }
    world.after(STEP_MS, () => this.#step());
    if (halts) this.#haltSoon();
  }

  /** Begins to tell a node, from the book as it is now. */
  join(node: SimNode): void {
    this.#nodes.set(node, { nextMs: 0 });
    this.#tell(node, { kind: "market", spec: BTC });
    this.#tell(node, this.#snapshot());
    this.#tell(node, this.#statusEvent());
  }

  leave(node: SimNode): void {
    this.#nodes.delete(node);
  }

  #haltSoon(): void {
    const world = this.#world;
    const turn = (status: "live" | "halted") => {
      this.#status = status;
      this.#tellAll(this.#statusEvent());
    };
    world.after(world.random.between(300, 3_000), () => turn("halted"));
    world.after(world.random.between(3_200, 6_000), () => {
      turn("live");
      this.#haltSoon();
    });
  }

  #statusEvent(): FeedEvent {
    return { kind: "status", symbol: BTC.symbol, status: this.#status, reason: "by the seed" };
  }

  #step(): void {
    const { random } = this.#world;
    this.#updateId += 1;
    const bids: BookLevel[] = [];
    const asks: BookLevel[] = [];
    for (let i = 0; i < 3; i++) {
      const rank = Math.floor(random.next() * LEVELS);
      const isBid = random.chance(0.5);
      const price = isBid ? MID - 100 * (rank + 1) : MID + 100 * rank;
      const size = random.chance(0.2) ? 0 : this.#size();
      this.#set(isBid ? "bid" : "ask", price, size);
      (isBid ? bids : asks).push([price as Ticks, size as Lots]);
    }
    const event = {
      symbol: BTC.symbol,
      firstUpdateId: this.#updateId,
      finalUpdateId: this.#updateId,
      exchangeTimeMs: this.#world.wallMs,
      bids,
      asks,
    };
    this.#tellAll({ kind: "depth", event, receivedAtMs: this.#world.wallMs });
    if (random.chance(0.3)) this.#trade();
    this.#world.after(STEP_MS, () => this.#step());
  }

  #trade(): void {
    const { random } = this.#world;
    const buyerIsMaker = random.chance(0.5);
    const trade = {
      symbol: BTC.symbol,
      tradeId: ++this.#tradeId,
      price: (buyerIsMaker ? MID - 100 : MID) as Ticks,
      size: this.#size() as Lots,
      buyerIsMaker,
      tradeTimeMs: this.#world.wallMs,
    };
    this.#tellAll({ kind: "trade", trade, receivedAtMs: this.#world.wallMs });
  }

  #tellAll(event: FeedEvent): void {
    for (const node of this.#nodes.keys()) this.#tell(node, event);
  }

  /** In order, whatever the delays. */
  #tell(node: SimNode, event: FeedEvent): void {
    const link = this.#nodes.get(node)!;
    const arrivesMs = this.#world.monotonicMs + this.#world.random.between(0.1, 20);
    link.nextMs = Math.max(link.nextMs, arrivesMs);
    this.#world.at(link.nextMs, () => node.tell(event));
  }

  #snapshot(): FeedEvent {
    const sorted = (side: Map<number, number>, sign: number) =>
      [...side]
        .sort(([a], [b]) => sign * (a - b))
        .map(([price, size]) => [price as Ticks, size as Lots] as const);
    const snapshot = {
      symbol: BTC.symbol,
      lastUpdateId: this.#updateId,
      bids: sorted(this.#bids, -1),
      asks: sorted(this.#asks, 1),
    };
    return { kind: "snapshot", snapshot, receivedAtMs: this.#world.wallMs };
  }

  #set(side: "bid" | "ask", price: number, size: number): void {
    const levels = side === "bid" ? this.#bids : this.#asks;
    if (size === 0) levels.delete(price);
    else levels.set(price, size);
    const key = `${side} ${price}`;
    const shown = this.history.get(key) ?? [];
    this.history.set(key, shown);
    shown.push({ updateId: this.#updateId, size });
  }

  #size(): number {
    return Math.ceil(this.#world.random.between(0.05, 1) * ONE);
  }
}
