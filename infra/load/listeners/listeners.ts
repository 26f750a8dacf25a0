/** The mass of listeners beside Artillery's mix: lean clients, since load and cluster share a machine. */
import { join } from "node:path";
import { BenchChild } from "../../../bench/fanout/children.ts";
import type { Times } from "./histogram.ts";
import type { ListenersFigures, ListenersRequest } from "./process.ts";

/** One process that reads thousands of sockets would time itself: a sample of the clients has one of its own. */
const TIMED_SHARE = 0.05;
/** The sample is spread over the order of joining, in which gateways write. */
const TURNS = 10;

export interface CrowdOptions {
  readonly urls: readonly string[];
  readonly symbols: readonly string[];
  readonly clients: number;
}

export interface CrowdFigures {
  readonly held: number;
  readonly lost: number;
  readonly deliveriesPerSecond: number;
  readonly delayMs: Times;
}

export class Listeners implements Disposable {
  readonly #crowd: BenchChild;
  readonly #sample: BenchChild;
  #begunAtMs = performance.now();

  private constructor(crowd: BenchChild, sample: BenchChild) {
    this.#crowd = crowd;
    this.#sample = sample;
  }

  /** Resolves when all have asked for their books. */
  static async start(options: CrowdOptions): Promise<Listeners> {
    const file = join(import.meta.dirname, "process.ts");
    const [crowd] = await BenchChild.start(file);
    const [sample] = await BenchChild.start(file);
    const listeners = new Listeners(crowd, sample);
    await listeners.#follow(options);
    return listeners;
  }

  get pids(): readonly number[] {
    return [this.#crowd.pid, this.#sample.pid];
  }

  /** Counts from now on. */
  async begin(): Promise<void> {
    await Promise.all([ask(this.#crowd, { kind: "begin" }), ask(this.#sample, { kind: "begin" })]);
    this.#begunAtMs = performance.now();
  }

  async figures(): Promise<CrowdFigures> {
    const [crowd, sample] = await Promise.all([
      ask<ListenersFigures>(this.#crowd, { kind: "figures" }),
      ask<ListenersFigures>(this.#sample, { kind: "figures" }),
    ]);
    const seconds = (performance.now() - this.#begunAtMs) / 1_000;
    return {
      held: crowd.held + sample.held,
      lost: crowd.lost + sample.lost,
      deliveriesPerSecond: Math.round((crowd.deliveries + sample.deliveries) / seconds),
      delayMs: sample.delayMs,
    };
  }

  [Symbol.dispose](): void {
    this.#crowd.stop();
    this.#sample.stop();
  }

  async #follow({ urls, symbols, clients }: CrowdOptions): Promise<void> {
    const share = (of: number, part: number, parts: number) =>
      Math.floor((of * (part + 1)) / parts) - Math.floor((of * part) / parts);
    const timedClients = Math.ceil(clients * TIMED_SHARE);
    for (let turn = 0; turn < TURNS; turn++) {
      const timed = share(timedClients, turn, TURNS);
      const others = share(clients - timedClients, turn, TURNS);
      for (const [index, url] of urls.entries()) {
        const { hostname: host, port } = new URL(url);
        const follow = { kind: "follow", host, port: Number(port || 80), symbols } as const;
        const at = { index, of: urls.length };
        const part = (count: number) => share(count, at.index, at.of);
        await ask(this.#crowd, { ...follow, clients: part(others), timed: false });
        await ask(this.#sample, { ...follow, clients: part(timed), timed: true });
      }
    }
  }
}

function ask<A>(child: BenchChild, request: ListenersRequest): Promise<A> {
  return child.ask<A & object>(request);
}
