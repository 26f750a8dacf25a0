/**
 * One term of leadership: from taking over what the last leader left, to the first doubt about still being the one.
 * The lease chooses who tries; the fences of the store keep it safe to be wrong about that.
 */
import type { FeedEvent } from "@mirrorbook/binance";
import { InvariantError } from "@mirrorbook/kernel";
import type { LineBreak } from "./commit-line.ts";
import { every } from "./every.ts";
import { inherit } from "./takeover.ts";
import { type FloorDeps, TradingFloor } from "./trading-floor.ts";

export type TermEnd =
  | LineBreak
  /** Another holds the lease, or ours could have expired. */
  | { readonly kind: "lease_lost" }
  /** The feed told of a market that was not there at the takeover. */
  | { readonly kind: "market_added" }
  /** An invariant is broken; the process is about to end. */
  | { readonly kind: "fault" }
  | { readonly kind: "stopped" };

export interface TermDeps extends Omit<FloorDeps, "inheritance" | "symbols" | "onEnd"> {
  /** The takeover is complete, and took so long. */
  readonly onActive: (tookMs: number) => void;
}

/** Three answers may stay out before the shortest lease there may be (`LEASE_TTL_MS`) could have run out. */
export const RENEW_INTERVAL_MS = 250;

export class Term {
  readonly #deps: TermDeps;
  readonly #ended = Promise.withResolvers<TermEnd>();
  #floor: TradingFloor | null = null;
  #end: TermEnd | null = null;

  constructor(deps: TermDeps) {
    this.#deps = deps;
  }

  /** True while commands are being applied. */
  get active(): boolean {
    return this.#floor !== null && this.#end === null;
  }

  /** Takes over and runs until the term ends; then says why. */
  async run(): Promise<TermEnd> {
    const stopRenewing = every(this.#deps.time, RENEW_INTERVAL_MS, () => this.#renew());
    try {
      await this.#takeOver();
      await this.#floor?.readCommands();
    } catch (error) {
      this.#finish({ kind: "store_failed", error });
      if (error instanceof InvariantError) this.#deps.onFatal(error);
    }
    const end = await this.#ended.promise;
    stopRenewing();
    return end;
  }

  /** Applies a feed event. During the takeover the mirror has it, and the floor starts from the mirror. */
  onFeed(event: FeedEvent): void {
    if (this.active) this.#floor!.onFeed(event);
  }

  /** Ends the term in good order: what was applied becomes durable and is answered. */
  async stop(): Promise<void> {
    if (this.#end !== null) return;
    await this.#floor?.finish();
    this.#finish({ kind: "stopped" });
  }

  async #takeOver(): Promise<void> {
    const { mirror, store, time, onActive } = this.#deps;
    const startedMs = time.monotonicMs();
    const symbols = new Set(mirror.markets.keys());
    const inheritance = await inherit(store, symbols, time);
    if (inheritance.kind === "deposed") this.#finish(inheritance);
    const added = mirror.markets.size > symbols.size;
    if (added) this.#finish({ kind: "market_added" });
    if (this.#end !== null || inheritance.kind === "deposed") return;
    const onEnd = (end: TermEnd) => this.#finish(end);
    this.#floor = new TradingFloor({ ...this.#deps, inheritance, symbols, onEnd });
    if (this.#end !== null) this.#floor.close(); // What it met while opening could not close it yet.
    onActive(time.monotonicMs() - startedMs);
  }

  async #renew(): Promise<void> {
    const { lease, log } = this.#deps;
    try {
      if (!(await lease.renew())) this.#finish({ kind: "lease_lost" });
    } catch (error) {
      log.warn({ err: error }, "Could not renew the lease");
    }
    if (!lease.held()) this.#finish({ kind: "lease_lost" });
  }

  #finish(end: TermEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#floor?.close();
    this.#ended.resolve(end);
  }
}
