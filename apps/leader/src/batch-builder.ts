/** Gathers what the inputs of one batch changed, in order. */
import type { HeldChange, Outcome, TapeEntry, UserCommit } from "@mirrorbook/exchange";
import { roomOfAccount, type StreamCommand, stateField } from "@mirrorbook/protocol";
import type { RoomCommit } from "@mirrorbook/rooms";
import type { Span } from "@mirrorbook/tracing";
import type { Batch } from "./commit-line.ts";
import type { PortfolioChange, Reply, TracedCommit } from "./ports.ts";

const ORDER_FIELD_PREFIX = stateField.order("");
const ACCOUNT_FIELD_PREFIX = stateField.account("");

export class BatchBuilder {
  /** Users the stored index already names. */
  readonly #indexed: Set<string>;
  /** Held changes by level: absolute, so the last one stands for all. */
  #held = new Map<string, HeldChange>();
  #commits: TracedCommit[] = [];
  #rooms: RoomCommit[] = [];
  #portfolios: PortfolioChange[] = [];
  #replies: Reply[] = [];
  #tape: TapeEntry[] = [];
  #openOrders = new Map<string, boolean>();
  #lastCommandId: string | null = null;
  #spans: Span[] = [];

  constructor(indexed: Iterable<string>) {
    this.#indexed = new Set(indexed);
  }

  /** True when something waits to be committed or answered. Held liquidity alone may wait for company. */
  get urgent(): boolean {
    return this.#commits.length + this.#rooms.length + this.#replies.length > 0;
  }

  get empty(): boolean {
    return !this.urgent && this.#held.size === 0 && this.#openOrders.size === 0;
  }

  add(outcome: Outcome): void {
    for (const change of outcome.held) {
      const { symbol, scope, side, price } = change;
      this.#held.set(`${symbol}/${scope}/${side}/${price}`, change);
    }
    for (const commit of outcome.commits) {
      this.#commits.push(commit);
      this.#noteOpenOrders(commit);
      this.#notePortfolios(commit);
    }
    this.#tape.push(...outcome.tape);
  }

  addRoom(commit: RoomCommit): void {
    this.#rooms.push(commit);
  }

  answer(command: StreamCommand, answer: Reply["answer"]): void {
    const { replyTo, requestId } = command;
    this.#replies.push({ replyTo, requestId, answer });
    this.#lastCommandId = command.id;
  }

  /** Commits gathered so far. */
  get commits(): number {
    return this.#commits.length;
  }

  /** Has the commits gathered after the first `from` carry a trace; `span` lasts until the batch is durable. */
  trace(span: Span, from: number): void {
    const { traceparent } = span;
    this.#spans.push(span);
    const traced = this.#commits.splice(from).map((commit) => ({ ...commit, traceparent }));
    this.#commits.push(...traced);
  }

  /** Takes a user without open orders off the index. */
  dropFromIndex(userId: string): void {
    if (!this.#indexed.delete(userId)) return;
    this.#openOrders.set(userId, false);
  }

  get indexed(): ReadonlySet<string> {
    return this.#indexed;
  }

  /** Gives what was gathered, and starts anew. */
  take(): Batch {
    const batch: Batch = {
      held: [...this.#held.values()],
      openOrders: this.#openOrders,
      commits: this.#commits,
      rooms: this.#rooms,
      portfolios: this.#portfolios,
      replies: this.#replies,
      tape: this.#tape,
      lastCommandId: this.#lastCommandId,
      spans: this.#spans,
    };
    this.#held = new Map();
    this.#openOrders = new Map();
    this.#commits = [];
    this.#rooms = [];
    this.#portfolios = [];
    this.#replies = [];
    this.#tape = [];
    this.#lastCommandId = null;
    this.#spans = [];
    return batch;
  }

  /** A portfolio's own field changes when it trades or moves funds; reserving for an order changes no worth. */
  #notePortfolios({ userId, version, changes }: UserCommit): void {
    for (const [field] of changes) {
      if (!field.startsWith(ACCOUNT_FIELD_PREFIX)) continue;
      const roomId = roomOfAccount(field.slice(ACCOUNT_FIELD_PREFIX.length));
      if (roomId !== null) this.#portfolios.push({ roomId, userId, version: version + 1 });
    }
  }

  /** The index is a superset, written before the commit: a takeover loads at least everyone who has open orders. */
  #noteOpenOrders({ userId, changes }: UserCommit): void {
    if (this.#indexed.has(userId)) return;
    const opens = ([field, value]: readonly [string, string | null]) =>
      value !== null && field.startsWith(ORDER_FIELD_PREFIX);
    if (!changes.some(opens)) return;
    this.#indexed.add(userId);
    this.#openOrders.set(userId, true);
  }
}
