import type {
  AnyEvent,
  BookView,
  DialectName,
  DisconnectCode,
  RoomName,
  UserEvent,
} from "@mirrorbook/protocol";

/** Every bound of the delivery layer (promise P8). */
export interface FanoutLimits {
  /** Unsent bytes of one member above which it gets no more books, only the latest view once it has drained. */
  readonly conflateAboveBytes: number;
  /** Unsent bytes at which a conflated member gets its books again. */
  readonly recoverBelowBytes: number;
  /** Unsent bytes of one member above which it is disconnected as `slow_consumer`. */
  readonly disconnectAboveBytes: number;
  /** How long a member may stay above `conflateAboveBytes`. */
  readonly slowForMs: number;
  /** How often slow members are looked at. */
  readonly slowCheckMs: number;
  /** Events held back for one member and room while it catches up; more, and the log is read again. */
  readonly heldEventsMax: number;
  /** User events read from the log and sent at a time while a member catches up. */
  readonly catchUpEventsMax: number;
  /** How long a join waits for Redis to confirm the subscription. */
  readonly joinTimeoutMs: number;
  /** Pause before a failed repair of a stream is tried again. */
  readonly repairRetryMs: number;
  /** How long a disconnected member may take to close before its socket is destroyed. */
  readonly closeGraceMs: number;
}

export const DEFAULT_LIMITS: FanoutLimits = {
  conflateAboveBytes: 128 * 1024,
  recoverBelowBytes: 16 * 1024,
  // Centrifugo's default client queue.
  disconnectAboveBytes: 1024 * 1024,
  slowForMs: 30_000,
  slowCheckMs: 100,
  heldEventsMax: 512,
  catchUpEventsMax: 200,
  joinTimeoutMs: 5_000,
  repairRetryMs: 1_000,
  closeGraceMs: 1_000,
};

/** What the log has after a number. `trimmed`: the next event is no longer kept; `seq` is the last number written. */
export type UserLog =
  | { readonly kind: "events"; readonly events: readonly UserEvent[] }
  | { readonly kind: "trimmed"; readonly seq: number };

/**
 * Where the hub reads what a member has missed. Both must reflect everything published before the call: that is what
 * makes snapshot-then-live free of holes. A rejection is taken as "later".
 */
export interface FanoutSources {
  /** The user's events after `afterSeq`, oldest first, at most `countMax`; fewer means there are no more. */
  readUserEvents(userId: string, afterSeq: number, countMax: number): Promise<UserLog>;
  /** The current view of a book; `null` while it has none. */
  readBook(symbol: string, depth: number): Promise<BookView | null>;
}

/** Who a connection belongs to, from its verified token. */
export interface Identity {
  readonly userId: string | null;
  readonly roles: readonly string[];
  readonly dialect: DialectName;
}

/** How a member's bytes travel: Socket.IO over either transport, or plain WebSocket. */
export type Transport = "websocket" | "polling" | "plain";

/** One connection, whatever its kind. */
export interface Member extends Identity {
  readonly id: string;
  readonly transport: Transport;
  /**
   * For dialects whose members choose among a room's messages (`streams`, `rooms`): the topics chosen. Messages
   * without a topic always pass.
   */
  readonly topics: ReadonlySet<string>;
  /** Names of the rooms it is in. */
  rooms(): Iterable<string>;
  /** Bytes accepted for this member that the kernel has not taken yet, wherever they sit. */
  backlogBytes(): number;
  /** Whether it gets the latest book only, for reading too slowly. */
  readonly slow: boolean;
  readonly deliveredMessages: number;
  readonly deliveredBytes: number;
  readonly conflatedPackets: number;
}

/** Events of one room that arrived together. */
export interface EventBatch {
  /** Numbers of those that carry one, in order. */
  readonly links: readonly { readonly seq: number }[];
  /** Time of the first, ISO 8601; `null` when it carries no number. */
  readonly timestamp: string | null;
  /** Trace context of the commit they came of, when that is traced. */
  readonly traceparent: string | undefined;
  readonly events: readonly AnyEvent[];
  /** Those of certain names. Cheaper than all of them: events that nobody asks for may stay unread. */
  named(names: ReadonlySet<string>): readonly AnyEvent[];
}

export interface FanoutHooks {
  /** A member was cut, or is about to be: `code` says why. */
  onDisconnect?(member: Member, code: DisconnectCode): void;
  /** Events arrived for a room with members here, before they are delivered; for who must know them on this node, too. */
  onEvents?(room: RoomName, batch: EventBatch): void;
  /** Redis came back and every channel is subscribed again: compare positions with the log now. */
  onResubscribed?(): void;
  /** Something failed that is retried or repaired; for the log. */
  onProblem?(problem: string, error: unknown): void;
}

/** Totals since the start, per dialect and transport; for metrics. */
export interface Counter {
  readonly dialect: DialectName;
  readonly transport: Transport;
  readonly messages: number;
  readonly bytes: number;
  /** Writes to a socket; one carries all messages of a tick. */
  readonly writes: number;
  readonly conflatedPackets: number;
  readonly slowDisconnects: number;
}

/** How a catch-up ended. `resync`: the missed events are no longer kept and the member was told to reload. */
export type Opened =
  | { readonly kind: "live"; readonly recovered: number }
  | { readonly kind: "resync"; readonly seq: number }
  | { readonly kind: "gone" };

/** Last number of a user's stream that every local connection of that user has been sent. */
export interface UserPosition {
  readonly userId: string;
  readonly seq: number;
}
