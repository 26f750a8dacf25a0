/**
 * Makes outcomes durable, batch after batch, and only then answers.
 *
 * For each batch, in this order:
 * 1. held liquidity, the index of users with open orders, and what readers of trade rooms are to look at, confirmed: a leader that dies here holds back too much and
 *    loads users for nothing, which is harmless;
 * 2. the users' and trade rooms' commits, together; sent after those of the batch before, so one user's commits form a chain;
 * 3. answers, and word to monitors and the tape, when every commit is confirmed.
 *
 * The next batch is matched and sent while this one is under way. That is safe because nothing is rolled back: a commit
 * names the commit it builds on, so when one is refused all that build on it are refused too, and on the first failure
 * of any kind the line breaks, the term ends, and a new term reads everything again (ADR 0003). Users outside the chain
 * may have been committed on a book that a lost commit had taken from; what it took is held all the same (1), so no
 * size is handed out twice.
 */
import type { HeldChange, TapeEntry } from "@mirrorbook/exchange";
import type { RoomCommit } from "@mirrorbook/rooms";
import type { Span } from "@mirrorbook/tracing";
import type { PortfolioChange, Reply, TermStore, TracedCommit } from "./ports.ts";

/** Batches under way at a time; more wait at the reader of commands. */
export const BATCHES_UNDER_WAY_MAX = 8;

export interface Batch {
  readonly held: readonly HeldChange[];
  /** Users that may now have open orders (true), or have none any more (false). */
  readonly openOrders: ReadonlyMap<string, boolean>;
  readonly commits: readonly TracedCommit[];
  readonly rooms: readonly RoomCommit[];
  /** Portfolios in trade rooms that the commits change the worth of. */
  readonly portfolios: readonly PortfolioChange[];
  readonly replies: readonly Reply[];
  readonly tape: readonly TapeEntry[];
  /** Id of the last command in the batch; `null` when it has none. */
  readonly lastCommandId: string | null;
  /** Of traced commands; they end when the batch is durable. */
  readonly spans: readonly Span[];
}

export type LineBreak =
  /** Another leader wrote. */
  | { readonly kind: "deposed" }
  /** A commit was refused as out of sequence. */
  | { readonly kind: "refused"; readonly userId: string; readonly version: number }
  | { readonly kind: "refused"; readonly roomId: string; readonly version: number }
  /** The store did not answer: what it did is unknown. */
  | { readonly kind: "store_failed"; readonly error: unknown };

export interface CommitLineEvents {
  onCommitted(batch: Batch, tookMs: number): void;
  /** Another batch may be submitted. */
  onRoom(): void;
  /** Once; nothing is sent after it. */
  onBreak(reason: LineBreak): void;
}

export class CommitLine {
  readonly #store: TermStore;
  readonly #events: CommitLineEvents;
  readonly #nowMs: () => number;
  /** Settles when the commits of the last batch have been sent. */
  #sent: Promise<void> = Promise.resolve();
  /** Settles when the last batch is done, or the line is broken. */
  #done: Promise<void> = Promise.resolve();
  #underWay = 0;
  #broken = false;
  #onRoom: (() => void)[] = [];

  constructor(store: TermStore, nowMs: () => number, events: CommitLineEvents) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#events = events;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get full(): boolean {
    return this.#underWay >= BATCHES_UNDER_WAY_MAX;
  }

  /** Takes a batch; never waits. Whoever can wait asks `room()` first. */
  submit(batch: Batch): void {
    if (this.#broken) return;
    this.#underWay += 1;
    const previous = this.#done;
    this.#done = this.#run(batch, previous).finally(() => {
      this.#underWay -= 1;
      for (const resolve of this.#onRoom.splice(0)) resolve();
      this.#events.onRoom();
    });
  }

  /** Settles when another batch may be started. */
  async room(): Promise<void> {
    while (this.full && !this.#broken) {
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
    }
  }

  /** Settles when all that was submitted is durable, or the line is broken. */
  async idle(): Promise<void> {
    await this.#done;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#broken = true;
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  async #run(batch: Batch, previous: Promise<void>): Promise<void> {
    const startedMs = this.#nowMs();
    const myTurn = this.#sent;
    let passTurn = () => {};
    this.#sent = new Promise((resolve) => {
      passTurn = resolve;
    });
    try {
      await Promise.all([this.#writeFences(batch), myTurn]);
      if (this.#broken) return;
      const committing = this.#commit(batch);
      passTurn();
      await Promise.all([committing, previous]);
      if (this.#broken) return;
      this.#events.onCommitted(batch, this.#nowMs() - startedMs);
      await this.#store.answer(batch.replies);
    } catch (error) {
      this.#break(error instanceof Broken ? error.reason : { kind: "store_failed", error });
    } finally {
      passTurn();
    }
  }

  async #writeFences({ held, openOrders, rooms, portfolios }: Batch): Promise<void> {
    const writes: Promise<{ kind: "written" | "deposed" }>[] = [];
    if (held.length > 0) writes.push(this.#store.writeHeld(held));
    if (openOrders.size > 0) writes.push(this.#store.writeOpenOrders(openOrders));
    if (rooms.length + portfolios.length > 0) {
      writes.push(this.#announce(rooms, portfolios));
    }
    for (const { kind } of await Promise.all(writes)) {
      if (kind === "deposed") throw new Broken({ kind });
    }
  }

  async #announce(...parts: Parameters<TermStore["rooms"]["announce"]>) {
    await this.#store.rooms.announce(...parts);
    return { kind: "written" } as const;
  }

  async #commit({ commits, rooms }: Batch): Promise<void> {
    const [results, roomResults] = await Promise.all([
      Promise.all(commits.map((commit) => this.#store.commit(commit))),
      Promise.all(rooms.map((commit) => this.#store.rooms.commit(commit))),
    ]);
    const refusedRoom = rooms[roomResults.findIndex(({ kind }) => kind === "refused")];
    if (refusedRoom !== undefined) {
      const { roomId, version } = refusedRoom;
      throw new Broken({ kind: "refused", roomId, version });
    }
    const refused = commits[results.findIndex(({ kind }) => kind === "refused")];
    if (refused !== undefined) {
      const { userId, version } = refused;
      throw new Broken({ kind: "refused", userId, version });
    }
  }

  #break(reason: LineBreak): void {
    if (this.#broken) return;
    this.stop();
    this.#events.onBreak(reason);
  }
}

/** Carries a `LineBreak` up from the step that met it. */
class Broken extends Error {
  readonly reason: LineBreak;

  constructor(reason: LineBreak) {
    super(reason.kind);
    this.reason = reason;
  }
}
