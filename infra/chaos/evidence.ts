/**
 * What a chaos run leaves behind, and all that the checker gets to see: what clients sent and were sent, and what Redis
 * holds at the end. Plain data, in the words of the wire; nothing of the exchange's own types or code.
 */

// biome-ignore lint/suspicious/noExplicitAny: evidence is judged, not trusted: payloads may have any shape.
export type Json = any;

export interface Evidence {
  readonly clients: readonly ClientEvidence[];
  readonly commands: readonly CommandEvidence[];
  readonly users: readonly StoredUser[];
  /** The leaders' words on the markets, as Redis logged them. */
  readonly feed: readonly FeedWord[];
  /** When the market itself stood still or could not be heard, as the run arranged it. */
  readonly silences: readonly Silence[];
  /** What the markets displayed, in order. */
  readonly market: readonly Displayed[];
  /** Faults found in books while the frames arrived; see `checker/book-replay.ts`. */
  readonly books: readonly BookEvidence[];
}

/** One client over all its connections. */
export interface ClientEvidence {
  readonly name: string;
  readonly userId: string;
  /** Number of the last event it knew when it first connected. */
  readonly since: number;
  /** The user's events in order of arrival. */
  readonly events: readonly Delivery[];
  /** Times it was told to reload, and why. */
  readonly resyncs: readonly string[];
}

export type Delivery = readonly [name: string, payload: Json];

/** One command as its sender saw it: sent under one key until an answer came that settles it. */
export interface CommandEvidence {
  readonly client: string;
  readonly userId: string;
  readonly message: string;
  /** The idempotency key: client order id or command id. */
  readonly key: string;
  readonly body: Json;
  readonly sentAtMs: number;
  answeredAtMs: number | null;
  /** `null`: no answer settled it. */
  answer: CommandAnswer | null;
}

export type CommandAnswer =
  | { readonly ok: true; readonly value: Json; readonly replayed?: boolean }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } };

/** What Redis holds of one user. */
export interface StoredUser {
  readonly userId: string;
  /** Fields of the state hash. */
  readonly state: Readonly<Record<string, string>>;
  /** Stream entries: id and JSON text. */
  readonly events: readonly LogEntry[];
  readonly orders: readonly LogEntry[];
  readonly trades: readonly LogEntry[];
  readonly journal: readonly LogEntry[];
}

export type LogEntry = readonly [id: string, text: string];

export interface FeedWord {
  readonly symbol: string;
  readonly seq: number;
  readonly status: string;
  /** ISO 8601, the leader's clock. */
  readonly timestamp: string;
}

export interface Silence {
  readonly symbol: string;
  readonly why: string;
  /** Wall clock, ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** One state of a market's book on its way: a snapshot of the best levels, or what changed since the entry before. */
export interface Displayed {
  readonly symbol: string;
  readonly kind: "snapshot" | "diff";
  readonly updateId: number;
  readonly bids: readonly (readonly [price: string, size: string])[];
  readonly asks: readonly (readonly [price: string, size: string])[];
}

export interface BookEvidence {
  readonly client: string;
  readonly book: string;
  readonly frames: number;
  readonly faults: readonly string[];
  /** Checksum by number, as this client computed it. */
  readonly checksums: ReadonlyMap<number, number>;
}

/** A broken promise. */
export interface Violation {
  /** Promise and what of it, e.g. "P3 hole". */
  readonly rule: string;
  readonly subject: string;
  readonly detail: string;
}
