/**
 * Where inputs become outcomes: the exchange of one term, with all that feeds it and all that carries its outcomes off.
 *
 * Promises:
 * 1. Inputs (feed events, commands, the clock) are applied one by one, in the order they arrive; nothing is awaited
 *    between two of them. Users are loaded before their commands are applied.
 * 2. Nothing is applied when the lease could have expired by our own clock.
 * 3. Whatever goes wrong ends the term (`onEnd`). There is no repair: the next term reads everything again.
 */
import type { FeedEvent } from "@mirrorbook/binance";
import { Exchange, type ExchangeOptions, type Input, type Outcome } from "@mirrorbook/exchange";
import { type Refusal, refusal } from "@mirrorbook/kernel";
import { type Answer, isRoomCommand, type StreamCommand } from "@mirrorbook/protocol";
import type { Tracing } from "@mirrorbook/tracing";
import type { Logger } from "pino";
import { BatchBuilder } from "./batch-builder.ts";
import { Broadcaster } from "./broadcast/broadcaster.ts";
import { type Batch, CommitLine } from "./commit-line.ts";
import { every } from "./every.ts";
import { inputOf, type MarketMirror } from "./market-mirror.ts";
import type { LeaderMetrics } from "./metrics.ts";
import type { HeldLease, TermStore, Time } from "./ports.ts";
import { RoomDesk, usersNamedBy } from "./room-desk.ts";
import type { Inheritance } from "./takeover.ts";
import type { TermEnd } from "./term.ts";

export interface FloorDeps {
  readonly lease: HeldLease;
  readonly store: TermStore;
  readonly mirror: MarketMirror;
  /** Markets whose held liquidity was taken over. */
  readonly symbols: ReadonlySet<string>;
  readonly inheritance: Inheritance;
  readonly exchange: ExchangeOptions;
  readonly source: "binance" | "simulated";
  readonly time: Time;
  readonly log: Logger;
  readonly metrics: LeaderMetrics;
  readonly tracing?: Tracing | null;
  readonly usersLoadedMax?: number;
  readonly onEnd: (end: TermEnd) => void;
  /** A broken invariant: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

const CLOCK_INTERVAL_MS = 100;
/** How long a read of commands blocks; a stopping leader waits for it at most. */
const READ_BLOCK_MS = 200;
const SAVE_CURSOR_INTERVAL_MS = 1_000;
/**
 * A command that waited longer than this is refused. Its sender was told "outcome unknown" after 5 s and may have
 * turned away; a market order must not come to life minutes later, when a leader is found again.
 */
export const COMMAND_EXPIRES_AFTER_MS = 10_000;
/** Loaded users beyond this are forgotten again when they have no open orders and nothing is under way. */
export const USERS_LOADED_MAX = 20_000;

export class TradingFloor {
  readonly #deps: FloorDeps;
  readonly #exchange: Exchange;
  readonly #line: CommitLine;
  readonly #broadcaster: Broadcaster;
  readonly #batch: BatchBuilder;
  readonly #rooms: RoomDesk;
  /** Users in the exchange, in order of loading. */
  readonly #loaded: Set<string>;
  readonly #timers: (() => void)[];
  #flushScheduled = false;
  /** The last command whose batch is durable. */
  #cursor: string;
  #cursorSaved: string;
  #closed = false;

  /** Brings a new exchange to where the last leader and the mirror are, in one go; then the floor is open. */
  constructor(deps: FloorDeps) {
    const { inheritance, mirror, store, time } = deps;
    const userIds = inheritance.users.map(({ userId }) => userId);
    this.#deps = deps;
    this.#loaded = new Set(userIds);
    this.#batch = new BatchBuilder(userIds);
    this.#cursor = this.#cursorSaved = inheritance.cursor;
    this.#exchange = new Exchange(deps.exchange);
    this.#line = new CommitLine(store, () => time.monotonicMs(), {
      onCommitted: (batch, tookMs) => this.#onCommitted(batch, tookMs),
      onRoom: () => this.#batch.urgent && this.#flushSoon(),
      onBreak: (reason) => this.#end(reason),
    });
    this.#broadcaster = new Broadcaster({
      ...deps,
      store: store.broadcast,
      exchange: this.#exchange,
      fees: deps.exchange,
      mayPublish: () => !this.#closed && deps.lease.held(),
    });
    this.#rooms = new RoomDesk({
      store: store.rooms,
      exchange: this.#exchange,
      apply: (input) => this.#apply(input),
      onCommit: (commit) => this.#batch.addRoom(commit),
    });
    this.#exchange.loadHeld(inheritance.held);
    for (const user of inheritance.users) this.#exchange.loadUser(user);
    for (const input of mirror.inputs(time.nowMs())) this.#apply(input);
    this.#rooms.load(inheritance.rooms, time.nowMs());
    this.#timers = [
      every(time, CLOCK_INTERVAL_MS, () => this.#onClock()),
      every(time, SAVE_CURSOR_INTERVAL_MS, () => this.#saveCursor()),
    ];
    this.#broadcaster.start();
  }

  /** Reads and applies commands until the floor is closed. @throws when the store does not answer. */
  async readCommands(): Promise<void> {
    const { store, inheritance } = this.#deps;
    let cursor = inheritance.cursor;
    while (!this.#closed) {
      const commands = await store.nextCommands(cursor, READ_BLOCK_MS);
      if (commands.length === 0) continue;
      await this.#line.room();
      this.#forgetIdleUsers();
      await this.#load(commands);
      await this.#loadRooms(commands);
      for (const command of commands) {
        if (command.traceparent === undefined) this.#applyCommand(command);
        else this.#applyTraced(command);
      }
      cursor = commands.at(-1)!.id;
    }
  }

  /** Applies a feed event; the mirror has it already. */
  onFeed(event: FeedEvent): void {
    const input = inputOf(event, this.#deps.time.nowMs());
    const symbol = input?.kind === "market" ? input.spec.symbol : null;
    if (symbol !== null && !this.#deps.symbols.has(symbol)) this.#end({ kind: "market_added" });
    const absent = input?.kind === "status" && !this.#deps.symbols.has(input.symbol);
    if (this.#closed || absent) return;
    this.#broadcaster.onFeed(event);
    if (input !== null) this.#apply(input);
  }

  /** Closes in good order: what was applied becomes durable and is answered. */
  async finish(): Promise<void> {
    await this.#line.room();
    this.#flush();
    this.#stopApplying();
    await this.#line.idle();
    this.#line.stop();
    await this.#saveCursor();
  }

  /** Closes at once: nothing more is sent. What is under way is a matter of the fences. */
  close(): void {
    this.#stopApplying();
    this.#line.stop();
  }

  #stopApplying(): void {
    this.#closed = true;
    this.#broadcaster.stop();
    for (const stop of this.#timers) stop();
  }

  #end(end: TermEnd): void {
    if (this.#closed) return;
    this.#deps.onEnd(end);
  }

  // --- commands ---

  async #load(commands: readonly StreamCommand[]): Promise<void> {
    const named = new Set(commands.flatMap(usersNamedBy));
    const missing = [...named].filter((userId) => !this.#exchange.hasUser(userId));
    if (missing.length === 0 || this.#closed) return;
    const claimed = await this.#deps.store.claimUsers(missing);
    if (claimed.kind === "deposed") {
      this.#end(claimed);
      return;
    }
    for (const user of claimed.users) {
      this.#exchange.loadUser(user);
      this.#loaded.add(user.userId);
    }
  }

  async #loadRooms(commands: readonly StreamCommand[]): Promise<void> {
    const missing = this.#rooms.missing(commands);
    if (missing.length === 0 || this.#closed) return;
    const claimed = await this.#deps.store.rooms.claim(missing);
    if (claimed.kind === "deposed") this.#end(claimed);
    else this.#rooms.load(claimed.rooms, this.#deps.time.nowMs());
  }

  /** Only with nothing gathered and nothing under way: then what is stored is all there is of a user. */
  #forgetIdleUsers(): void {
    const { usersLoadedMax = USERS_LOADED_MAX, store } = this.#deps;
    const busy = this.#line.underWay > 0 || !this.#batch.empty;
    if (busy) return;
    this.#rooms.forgetIdle();
    if (this.#loaded.size <= usersLoadedMax) return;
    for (const userId of this.#loaded) {
      if (this.#exchange.hasOpenOrders(userId)) continue;
      this.#exchange.forgetUser(userId);
      store.forgetUser(userId);
      this.#loaded.delete(userId);
      if (this.#loaded.size <= usersLoadedMax / 2) return;
    }
  }

  #applyCommand(command: StreamCommand): void {
    if (this.#closed) return;
    const atMs = this.#deps.time.nowMs();
    const unfit = this.#unfit(command, atMs);
    const answer: Answer<unknown> | null =
      unfit === null ? this.#answerTo(command, atMs) : { ok: false, error: unfit };
    if (answer === null || this.#closed) return;
    this.#batch.answer(command, answer);
    this.#flushSoon();
  }

  #applyTraced(command: StreamCommand): void {
    const { tracing } = this.#deps;
    const { id, traceparent, body } = command;
    const attributes = { "mirrorbook.command_id": id };
    const gathered = this.#batch.commits;
    const applying = tracing?.follow(`apply ${body.type}`, traceparent, attributes);
    this.#applyCommand(command);
    applying?.end();
    const committing = tracing?.follow(`commit ${body.type}`, traceparent, attributes);
    if (committing) this.#batch.trace(committing, gathered);
  }

  /** Applies a command; `null` when that ended the term. */
  #answerTo({ body, ...rest }: StreamCommand, atMs: number): Answer<unknown> | null {
    if (isRoomCommand(body)) {
      return this.#guarded(rest.id, () => this.#rooms.apply({ ...rest, body }, atMs));
    }
    const outcome = this.#apply({ kind: "command", command: { ...rest, body }, atMs });
    return outcome?.answer ?? null;
  }

  #unfit({ id }: StreamCommand, atMs: number): Refusal | null {
    const { poisoned, serverAheadMs } = this.#deps.inheritance;
    if (poisoned.has(id)) {
      return refusal("INTERNAL", "The command met a fault in the exchange and was set aside.");
    }
    const waitedMs = atMs + serverAheadMs - Number(id.slice(0, id.indexOf("-")));
    this.#deps.metrics.commandWaitSeconds.observe(Math.max(0, waitedMs) / 1_000);
    if (waitedMs > COMMAND_EXPIRES_AFTER_MS) {
      return refusal("UNAVAILABLE", "The command waited too long for a leader; not applied.");
    }
    return null;
  }

  // --- applying ---

  /** Applies one input; `null` when the term has ended. */
  #apply(input: Input): Outcome | null {
    const commandId = input.kind === "command" ? input.command.id : null;
    const outcome = this.#guarded(commandId, () => this.#exchange.apply(input));
    if (outcome === null) return null;
    this.#batch.add(outcome);
    if (outcome.held.length > 0) this.#broadcaster.onHeldChanged(outcome.held);
    if (this.#batch.urgent) this.#flushSoon();
    return outcome;
  }

  /** Runs a step of the core while this leader may; `null` when it may not, or met a bug. */
  #guarded<T>(commandId: string | null, step: () => T): T | null {
    if (!this.#deps.lease.held()) this.#end({ kind: "lease_lost" });
    if (this.#closed) return null;
    try {
      return step();
    } catch (error) {
      this.#onFault(commandId, error);
      return null;
    }
  }

  /** Ends the process. The next leader would meet the same fault in the same command, so it is told to skip it. */
  #onFault(commandId: string | null, error: unknown): void {
    const { store, onFatal } = this.#deps;
    this.#end({ kind: "fault" });
    const noted = commandId === null ? null : store.notePoisoned(commandId, String(error));
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
    if (this.#closed || this.#batch.empty || this.#line.full) return;
    this.#line.submit(this.#batch.take());
  }

  #onCommitted(batch: Batch, tookMs: number): void {
    const { metrics } = this.#deps;
    metrics.commitSeconds.observe(tookMs / 1_000);
    metrics.commits.inc(batch.commits.length);
    metrics.commands.inc(batch.replies.length);
    for (const span of batch.spans) span.end();
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
}
