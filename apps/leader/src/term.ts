/**
 * One term of leadership: from taking over what the last leader left, to the first doubt about still being the one.
 *
 * Promises:
 * 1. Inputs (feed events, commands, the clock) are applied one by one, in the order they arrive; nothing is awaited
 *    between two of them. Users are loaded before their commands are applied.
 * 2. Nothing is applied when the lease could have expired by our own clock.
 * 3. Whatever goes wrong ends the term. There is no repair within a term: the next one reads everything again.
 */
import type { FeedEvent } from "@mirrorbook/binance";
import { Exchange, type ExchangeOptions, type Input } from "@mirrorbook/exchange";
import { InvariantError, invariant, type Refusal, refusal } from "@mirrorbook/kernel";
import type { Command } from "@mirrorbook/protocol";
import type { Logger } from "pino";
import { BatchBuilder } from "./batch-builder.ts";
import { Broadcaster } from "./broadcast/broadcaster.ts";
import { type Batch, CommitLine, type LineBreak } from "./commit-line.ts";
import { inputOf, type MarketMirror } from "./market-mirror.ts";
import type { LeaderMetrics } from "./metrics.ts";
import type { HeldLease, TermStore, Time } from "./ports.ts";
import { type Inheritance, takeOver } from "./takeover.ts";

export type TermEnd =
  | LineBreak
  /** Another holds the lease, or ours could have expired. */
  | { readonly kind: "lease_lost" }
  /** The feed told of a market that was not there at the takeover. */
  | { readonly kind: "market_added" }
  | { readonly kind: "stopped" };

export interface TermDeps {
  readonly lease: HeldLease;
  readonly store: TermStore;
  readonly mirror: MarketMirror;
  readonly exchange: ExchangeOptions;
  readonly source: "binance" | "simulated";
  readonly time: Time;
  readonly log: Logger;
  readonly metrics: LeaderMetrics;
  /** A broken invariant: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** The takeover is complete, and took so long. */
  readonly onActive: (tookMs: number) => void;
}

export const RENEW_INTERVAL_MS = 500;
const CLOCK_INTERVAL_MS = 100;
/** How long a read of commands blocks; a stopping term waits for it at most. */
const READ_BLOCK_MS = 200;
const SAVE_CURSOR_INTERVAL_MS = 1_000;
/**
 * A command that waited longer than this is refused. Its sender was told "outcome unknown" after 5 s and may have
 * turned away; a market order must not come to life minutes later, when a leader is found again.
 */
export const COMMAND_EXPIRES_AFTER_MS = 10_000;
/** Feed events during a takeover; at 1,400 a second for the busiest pair this is long past any target. */
const FEED_BACKLOG_MAX = 20_000;
/** Loaded users beyond this are forgotten again when they have no open orders and nothing is under way. */
export const USERS_LOADED_MAX = 20_000;

export class Term {
  readonly #deps: TermDeps;
  readonly #exchange: Exchange;
  readonly #symbols: ReadonlySet<string>;
  readonly #line: CommitLine;
  readonly #broadcaster: Broadcaster;
  /** Users in the exchange, the one loaded first first. */
  readonly #loaded = new Set<string>();
  readonly #stopTimers: (() => void)[] = [];
  /** What the feed told during the takeover. */
  readonly #backlog: Input[] = [];
  #inheritance: Inheritance | null = null;
  #batch = new BatchBuilder([]);
  #flushScheduled = false;
  /** The last command whose batch is durable. */
  #cursor = "";
  #cursorSaved = "";
  #end: TermEnd | null = null;
  readonly #ended: Promise<TermEnd>;
  #resolveEnded!: (end: TermEnd) => void;

  constructor(deps: TermDeps) {
    const { store, mirror, time, log, lease, source } = deps;
    this.#deps = deps;
    this.#symbols = new Set(mirror.markets.keys());
    this.#exchange = new Exchange(deps.exchange);
    for (const input of mirror.inputs(time.nowMs())) this.#exchange.apply(input);
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#line = new CommitLine(store, () => time.monotonicMs(), {
      onCommitted: (batch, tookMs) => this.#onCommitted(batch, tookMs),
      onRoom: () => this.#batch.urgent && this.#flushSoon(),
      onBreak: (reason) => this.#finish(reason),
    });
    this.#broadcaster = new Broadcaster({
      store: store.broadcast,
      mirror,
      exchange: this.#exchange,
      source,
      fees: deps.exchange,
      time,
      log,
      mayPublish: () => this.#end === null && lease.held(),
    });
  }

  /** True while commands are being applied. */
  get active(): boolean {
    return this.#inheritance !== null && this.#end === null;
  }

  /** Takes over and runs until the term ends; then says why. */
  async run(): Promise<TermEnd> {
    this.#every(RENEW_INTERVAL_MS, () => this.#renew());
    try {
      await this.#begin();
      if (this.#inheritance !== null) await this.#readCommands(this.#inheritance.cursor);
    } catch (error) {
      this.#onError(error);
    }
    const end = await this.#ended;
    for (const stop of this.#stopTimers) stop();
    this.#broadcaster.stop();
    return end;
  }

  /** Applies a feed event; the mirror has it already. */
  onFeed(event: FeedEvent): void {
    const input = inputOf(event, this.#deps.time.nowMs());
    if (input?.kind === "market" && !this.#symbols.has(input.spec.symbol)) {
      this.#finish({ kind: "market_added" });
    }
    const absent = input?.kind === "status" && !this.#symbols.has(input.symbol);
    if (this.#end !== null || absent) return;
    this.#broadcaster.onFeed(event);
    if (input === null) return;
    if (this.active) this.#apply(input);
    else this.#keepForLater(input);
  }

  /** Ends the term in good order: what was applied becomes durable and is answered. */
  async stop(): Promise<void> {
    if (this.#end !== null) return;
    await this.#line.room();
    this.#flush();
    this.#finish({ kind: "stopped" }, { breakLine: false });
    await this.#line.idle();
    this.#line.stop();
    await this.#saveCursor();
  }

  // --- taking over ---

  async #begin(): Promise<void> {
    const { store, time, onActive } = this.#deps;
    const startedMs = time.monotonicMs();
    const inherited = await takeOver(store, this.#exchange, this.#symbols, time);
    if (inherited.kind === "deposed") this.#finish(inherited);
    if (this.#end !== null || inherited.kind === "deposed") return;

    this.#batch = new BatchBuilder(inherited.openOrders);
    for (const userId of inherited.openOrders) this.#loaded.add(userId);
    this.#cursor = this.#cursorSaved = inherited.cursor;
    this.#inheritance = inherited;
    for (const input of this.#backlog.splice(0)) this.#apply(input);
    this.#every(CLOCK_INTERVAL_MS, () => this.#onClock());
    this.#every(SAVE_CURSOR_INTERVAL_MS, () => this.#saveCursor());
    this.#broadcaster.start();
    onActive(time.monotonicMs() - startedMs);
  }

  #keepForLater(input: Input): void {
    invariant(
      this.#backlog.length < FEED_BACKLOG_MAX,
      "a takeover ends before its backlog is full",
    );
    this.#backlog.push(input);
  }

  // --- commands ---

  async #readCommands(from: string): Promise<void> {
    const { store } = this.#deps;
    let cursor = from;
    while (this.#end === null) {
      const commands = await store.nextCommands(cursor, READ_BLOCK_MS);
      if (commands.length === 0) continue;
      await this.#line.room();
      this.#forgetIdleUsers();
      await this.#load(commands);
      if (this.#end !== null) return;
      for (const command of commands) this.#applyCommand(command);
      cursor = commands.at(-1)!.id;
    }
  }

  async #load(commands: readonly Command[]): Promise<void> {
    const { store } = this.#deps;
    const named = new Set(commands.map(({ userId }) => userId));
    const missing = [...named].filter((userId) => !this.#exchange.hasUser(userId));
    if (missing.length === 0) return;
    const claimed = await store.claimUsers(missing);
    if (claimed.kind === "deposed") {
      this.#finish(claimed);
      return;
    }
    for (const user of claimed.users) {
      this.#exchange.loadUser(user);
      this.#loaded.add(user.userId);
    }
  }

  /** Only with nothing gathered and nothing under way: then what is stored is all there is of a user. */
  #forgetIdleUsers(): void {
    const busy = this.#line.underWay > 0 || !this.#batch.empty;
    if (this.#loaded.size <= USERS_LOADED_MAX || busy) return;
    for (const userId of this.#loaded) {
      if (this.#exchange.hasOpenOrders(userId)) continue;
      this.#exchange.forgetUser(userId);
      this.#deps.store.forgetUser(userId);
      this.#loaded.delete(userId);
      if (this.#loaded.size <= USERS_LOADED_MAX / 2) return;
    }
  }

  #applyCommand(command: Command): void {
    const atMs = this.#deps.time.nowMs();
    const unfit = this.#unfit(command, atMs);
    if (unfit === null) {
      this.#apply({ kind: "command", command, atMs });
    } else {
      this.#batch.answer(command, { ok: false, error: unfit });
      this.#flushSoon();
    }
  }

  #unfit({ id }: Command, atMs: number): Refusal | null {
    const { poisoned, serverAheadMs } = this.#inheritance!;
    if (poisoned.has(id)) {
      return refusal("INTERNAL", "The command met a fault in the exchange and was set aside.");
    }
    const waitedMs = atMs + serverAheadMs - Number(id.slice(0, id.indexOf("-")));
    if (waitedMs > COMMAND_EXPIRES_AFTER_MS) {
      return refusal("UNAVAILABLE", "The command waited too long for a leader; not applied.");
    }
    return null;
  }

  // --- applying ---

  #apply(input: Input): void {
    if (this.#end === null && !this.#deps.lease.held()) this.#finish({ kind: "lease_lost" });
    if (this.#end !== null) return;
    try {
      const outcome = this.#exchange.apply(input);
      this.#batch.add(outcome);
      if (input.kind === "command") this.#batch.answer(input.command, outcome.answer!);
      if (outcome.held.length > 0) this.#broadcaster.onHeldChanged(outcome.held);
    } catch (error) {
      this.#onFault(input, error);
    }
    if (this.#batch.urgent) this.#flushSoon();
  }

  /** Ends the process. The next leader would meet the same fault in the same command, so it is told to skip it. */
  #onFault(input: Input, error: unknown): void {
    const { store, onFatal } = this.#deps;
    this.#finish({ kind: "stopped" });
    const noted =
      input.kind === "command" ? store.notePoisoned(input.command.id, String(error)) : null;
    Promise.resolve(noted)
      .catch(() => {}) // Without the note the next leader meets the fault itself, and notes it.
      .finally(() => onFatal(error));
  }

  #onClock(): void {
    this.#apply({ kind: "clock", atMs: this.#deps.time.nowMs() });
    this.#tidyIndex();
    this.#flush();
  }

  /** Takes users off the index of open orders, with nothing under way: never before the closing is durable. */
  #tidyIndex(): void {
    if (this.#line.underWay > 0 || this.#batch.urgent) return;
    for (const userId of this.#batch.indexed) {
      if (!this.#exchange.hasOpenOrders(userId)) this.#batch.dropFromIndex(userId);
    }
  }

  #flushSoon(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /** Hands over what was gathered. With the line full it waits, and grows, until a batch comes back. */
  #flush(): void {
    this.#flushScheduled = false;
    if (this.#batch.empty || this.#line.full) return;
    this.#line.submit(this.#batch.take());
  }

  #onCommitted(batch: Batch, tookMs: number): void {
    const { metrics } = this.#deps;
    metrics.commitSeconds.observe(tookMs / 1_000);
    metrics.commits.inc(batch.commits.length);
    metrics.commands.inc(batch.replies.length);
    this.#cursor = batch.lastCommandId ?? this.#cursor;
    this.#broadcaster.onCommitted(batch.commits, batch.tape);
  }

  async #saveCursor(): Promise<void> {
    const cursor = this.#cursor;
    if (cursor === this.#cursorSaved) return;
    try {
      await this.#deps.store.saveCursor(cursor);
      this.#cursorSaved = cursor;
    } catch (error) {
      this.#deps.log.warn({ err: error }, "Could not save the cursor of commands");
    }
  }

  // --- the lease, and the end ---

  async #renew(): Promise<void> {
    const { lease, log } = this.#deps;
    try {
      if (!(await lease.renew())) this.#finish({ kind: "lease_lost" });
    } catch (error) {
      log.warn({ err: error }, "Could not renew the lease");
    }
    if (!lease.held()) this.#finish({ kind: "lease_lost" });
  }

  #onError(error: unknown): void {
    this.#finish({ kind: "store_failed", error });
    if (error instanceof InvariantError) this.#deps.onFatal(error);
  }

  #finish(end: TermEnd, { breakLine = true } = {}): void {
    if (this.#end !== null) return;
    this.#end = end;
    if (breakLine) this.#line.stop();
    this.#resolveEnded(end);
  }

  #every(ms: number, task: () => void | Promise<void>): void {
    let cancel = () => {};
    const next = () => {
      cancel = this.#deps.time.after(ms, () => {
        next();
        void task();
      });
    };
    next();
    this.#stopTimers.push(() => cancel());
  }
}
