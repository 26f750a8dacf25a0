/** Keeps the server's idea of what this client wants equal to the client's own, over all reconnects. */
import type { Refusal } from "@mirrorbook/kernel";
import type { Subscription } from "@mirrorbook/protocol";
import { NoAnswerError } from "./no-answer-error.ts";

/** Given back to the server this long after the last listener left, so that a quick return costs nothing. */
export const LINGER_MS = 1_500;
/** The server takes this many in one message: `SUBSCRIPTIONS_PER_MESSAGE_MAX` of the protocol. */
export const PER_MESSAGE_MAX = 50;
export const SUBSCRIBE_TIMEOUT_MS = 6_000;
const RETRY_MS = 1_000;

/** The wire, as far as subscriptions need it. */
export interface SubscriptionWire {
  readonly isUp: boolean;
  request<T>(message: string, body: unknown, timeoutMs: number): Promise<T>;
}

export interface Wanted {
  readonly body: Subscription;
  /** The server refused it, e.g. an unknown market. */
  onRefused?(error: Refusal): void;
}

interface Entry extends Wanted {
  users: number;
  linger: ReturnType<typeof setTimeout> | undefined;
}

interface SubscribeAnswer {
  readonly ok?: boolean;
  /** The message as a whole was refused. */
  readonly error?: Refusal;
  /** Some of what it asked for was refused. */
  readonly errors?: readonly (Refusal & { readonly index: number })[];
}

export class Subscriptions {
  readonly #wire: SubscriptionWire;
  readonly #entries = new Map<string, Entry>();
  readonly #toAdd = new Set<string>();
  readonly #toDrop = new Map<string, Subscription>();
  #scheduled = false;

  constructor(wire: SubscriptionWire) {
    this.#wire = wire;
  }

  /** Adds one user of a subscription; the returned function takes it away again, once. */
  want(wanted: Wanted): () => void {
    const key = JSON.stringify(wanted.body);
    const entry = this.#entries.get(key) ?? this.#add(key, wanted);
    clearTimeout(entry.linger);
    entry.users++;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      if (--entry.users === 0) {
        entry.linger = setTimeout(() => this.#forget(key, entry), LINGER_MS);
      }
    };
  }

  /** Asks for the same again: the server answers with a fresh snapshot. */
  renew(body: Subscription): void {
    const key = JSON.stringify(body);
    if (this.#entries.has(key)) this.#ask(key);
  }

  /** A new connection knows nothing: ask for everything. */
  onUp(): void {
    this.#toDrop.clear();
    for (const key of this.#entries.keys()) this.#ask(key);
  }

  close(): void {
    for (const entry of this.#entries.values()) clearTimeout(entry.linger);
    this.#entries.clear();
  }

  #add(key: string, wanted: Wanted): Entry {
    const entry = { ...wanted, users: 0, linger: undefined };
    this.#entries.set(key, entry);
    this.#toDrop.delete(key);
    this.#ask(key);
    return entry;
  }

  #forget(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#toAdd.delete(key);
    this.#toDrop.set(key, entry.body);
    this.#schedule();
  }

  #ask(key: string): void {
    this.#toAdd.add(key);
    this.#schedule();
  }

  /** Gathers what one turn wants into one message. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#wire.isUp) return;
      const drops = [...this.#toDrop.values()];
      const adds = [...this.#toAdd].filter((key) => this.#entries.has(key));
      this.#toDrop.clear();
      this.#toAdd.clear();
      for (const bodies of chunks(drops)) void this.#unsubscribe(bodies);
      for (const keys of chunks(adds)) void this.#subscribe(keys);
    });
  }

  async #subscribe(keys: readonly string[]): Promise<void> {
    const entries = keys.map((key) => this.#entries.get(key)!);
    try {
      const bodies = entries.map((entry) => entry.body);
      const answer = await this.#wire.request<SubscribeAnswer>(
        "subscribe",
        bodies,
        SUBSCRIBE_TIMEOUT_MS,
      );
      for (const [index, entry] of entries.entries()) {
        const refused = answer.error ?? answer.errors?.find((error) => error.index === index);
        if (refused !== undefined) this.#onRefused(entry, refused);
      }
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      // A lost connection asks for everything again when it is back; a slow server is asked again.
      if (this.#wire.isUp) this.#retryLater(keys);
    }
  }

  #onRefused(entry: Entry, error: Refusal): void {
    if (error.retry) this.#retryLater([JSON.stringify(entry.body)]);
    else entry.onRefused?.(error);
  }

  #retryLater(keys: readonly string[]): void {
    setTimeout(() => {
      for (const key of keys) if (this.#entries.has(key)) this.#ask(key);
    }, RETRY_MS);
  }

  async #unsubscribe(bodies: readonly Subscription[]): Promise<void> {
    try {
      await this.#wire.request("unsubscribe", bodies, SUBSCRIBE_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error; // Unwanted data is dropped on arrival.
    }
  }
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += PER_MESSAGE_MAX) yield items.slice(i, i + PER_MESSAGE_MAX);
}
