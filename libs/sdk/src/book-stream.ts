import type { Refusal } from "@mirrorbook/kernel";
import type { BookDepth, BookUpdate, BookView, Subscription } from "@mirrorbook/protocol";
import {
  applySnapshot,
  applyUpdate,
  awaitSnapshot,
  type BookAssembly,
  type ChangeOutcome,
  type ClientBook,
  EMPTY_ASSEMBLY,
} from "./book-assembly.ts";
import { createStore, type Readable } from "./store.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** A snapshot that has not come after this long is asked for again. */
export const SNAPSHOT_TIMEOUT_MS = 3_000;
/** A broken book is asked for at once the first time, then at most this often. */
const RENEW_EVERY_MS = 500;

export interface BookSnapshot {
  /** The last verified view; null before the first. */
  readonly book: ClientBook | null;
  /** Whether `book` is current: false while a snapshot is awaited. */
  readonly current: boolean;
  /** Gaps and checksum mismatches repaired so far. */
  readonly repairs: number;
  /** Why the server refuses this book, e.g. an unknown market. */
  readonly refused: Refusal | null;
}

const NOTHING: BookSnapshot = { book: null, current: false, repairs: 0, refused: null };

/** One book view that keeps itself right while anybody listens. */
export class BookStream implements Readable<BookSnapshot> {
  readonly #body: Subscription;
  readonly #subscriptions: Subscriptions;
  readonly #store = createStore<BookSnapshot>(NOTHING, {
    onWanted: () => this.#start(),
    onUnwanted: () => this.#stop(),
  });
  #assembly: BookAssembly = EMPTY_ASSEMBLY;
  #release: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewedAtMs = 0;

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  constructor(pair: string, depth: BookDepth, subscriptions: Subscriptions) {
    this.#body = { channel: "orderbook", pair, depth };
    this.#subscriptions = subscriptions;
  }

  onSnapshot(view: BookView): void {
    if (this.#release !== undefined) this.#take(applySnapshot(this.#assembly, view));
  }

  onUpdate(update: BookUpdate): void {
    if (this.#release !== undefined) this.#take(applyUpdate(this.#assembly, update));
  }

  /** The connection went: the book stays for the eye, marked as not current. */
  onDown(): void {
    this.#assembly = awaitSnapshot(this.#assembly);
    clearTimeout(this.#timer);
    this.#show({ current: false });
  }

  /** A new connection: the subscription is asked for by its owner, the snapshot must follow. */
  onUp(): void {
    if (this.#release !== undefined) this.#expectSnapshot();
  }

  /** No more timers; what was shown stays readable. */
  close(): void {
    this.#stop();
  }

  #start(): void {
    this.#release ??= this.#subscriptions.want({
      body: this.#body,
      onRefused: (refused) => {
        clearTimeout(this.#timer);
        this.#show({ refused });
      },
    });
    // After a pause in which nobody listened the view may have moved on unseen.
    this.#assembly = awaitSnapshot(this.#assembly);
    this.#subscriptions.renew(this.#body);
    this.#expectSnapshot();
  }

  #stop(): void {
    this.#release?.();
    this.#release = undefined;
    clearTimeout(this.#timer);
    this.#show({ current: false });
  }

  #take(outcome: ChangeOutcome): void {
    this.#assembly = outcome.state;
    switch (outcome.kind) {
      case "applied":
        clearTimeout(this.#timer);
        this.#show({ book: this.#assembly.book, current: true, refused: null });
        break;
      case "gap":
      case "corrupt":
        this.#show({ current: false, repairs: this.#store.getSnapshot().repairs + 1 });
        this.#renewSoon();
        break;
      default: // A duplicate changes nothing, a held change waits for its snapshot.
    }
  }

  #renewSoon(): void {
    const wait = Math.max(0, this.#renewedAtMs + RENEW_EVERY_MS - performance.now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#renew(), wait);
  }

  #renew(): void {
    this.#renewedAtMs = performance.now();
    this.#subscriptions.renew(this.#body);
    this.#expectSnapshot();
  }

  #expectSnapshot(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#renew(), SNAPSHOT_TIMEOUT_MS);
  }

  #show(change: Partial<BookSnapshot>): void {
    this.#store.set({ ...this.#store.getSnapshot(), ...change });
  }
}
