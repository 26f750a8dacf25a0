/**
 * What the leader needs of the world: time, a feed, a store. The leader's shell touches nothing else, so the same code runs
 * on Redis and on a simulated clock, feed and store (`test/simulation`).
 */
import type { FeedEvent } from "@mirrorbook/binance";
import type { HeldChange, StoredUser, UserCommit } from "@mirrorbook/exchange";
import type { Clock } from "@mirrorbook/kernel";
import type {
  Answer,
  BookDepth,
  BookUpdate,
  BookView,
  MarketEvent,
  MarketInfo,
  StreamCommand,
  UserEvent,
} from "@mirrorbook/protocol";
import type { RoomCommit } from "@mirrorbook/rooms";

export interface Time extends Clock {
  /**
   * Runs `task` once, in `ms` milliseconds, unless the function it returns is called before. 0: after what has arrived by now
   * was taken.
   */
  after(ms: number, task: () => void): () => void;
}

export interface Feed {
  stop(): void;
}
/** Starts telling the markets; what goes wrong out there is told as a status. */
export type StartFeed = (onEvent: (event: FeedEvent) => void) => Feed;

/** A held lease; see `libs/store/src/lease.ts`. */
export interface HeldLease {
  readonly epoch: number;
  held(): boolean;
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

export interface LeaderStore {
  /** Takes the lease if nobody holds it. */
  acquireLease(): Promise<HeldLease | null>;
  /** The hand of the leader of one epoch. */
  openTerm(epoch: number): TermStore;
}

/** Answer of a fenced call: another leader has taken over. */
export interface Deposed {
  readonly kind: "deposed";
}

export interface Reply {
  readonly replyTo: string;
  readonly requestId: number;
  readonly answer: Answer<unknown>;
}

/** `traceparent`: of the command that the commit came of, when that is traced. */
export type TracedCommit = UserCommit & { readonly traceparent?: string };

export type NumberedStreamName = "ticker" | "tape" | "status" | "held-shown";

/** Every call may throw: the store did not answer, and what it did is unknown. */
export interface TermStore {
  /** Reads what is held of a market, and bars leaders of earlier epochs from writing it. */
  takeHeld(symbol: string): Promise<{ kind: "taken"; held: readonly HeldChange[] } | Deposed>;
  /** Reads who may have open orders, and bars leaders of earlier epochs from writing that. */
  takeOpenOrders(): Promise<{ kind: "taken"; userIds: readonly string[] } | Deposed>;
  /** Reads users and bars every other writer's way to what was read. */
  claimUsers(
    userIds: readonly string[],
  ): Promise<{ kind: "claimed"; users: readonly StoredUser[] } | Deposed>;

  writeHeld(changes: readonly HeldChange[]): Promise<{ kind: "written" } | Deposed>;
  /** True: may have open orders. */
  writeOpenOrders(changes: ReadonlyMap<string, boolean>): Promise<{ kind: "written" } | Deposed>;
  commit(commit: TracedCommit): Promise<{ kind: "committed" } | { kind: "refused" }>;
  answer(replies: readonly Reply[]): Promise<void>;
  forgetUser(userId: string): void;

  readCursor(): Promise<string>;
  saveCursor(cursor: string): Promise<void>;
  /** Waits at most `blockMs` for commands after `cursor`. */
  nextCommands(cursor: string, blockMs: number): Promise<readonly StreamCommand[]>;
  /** Ids of commands that broke an invariant when they were applied. */
  readPoisoned(): Promise<ReadonlySet<string>>;
  notePoisoned(commandId: string, reason: string): Promise<void>;
  /** The store's wall clock, in ms: the one that command ids are made by. */
  serverTimeMs(): Promise<number>;

  readonly rooms: RoomStore;
  readonly broadcast: BroadcastStore;
}

export interface StoredRoom {
  readonly roomId: string;
  /** 0: it does not exist yet. */
  readonly version: number;
  readonly seq: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** A commit to come that changes what a member's portfolio in a trade room is worth. */
export interface PortfolioChange {
  readonly roomId: string;
  readonly userId: string;
  readonly version: number;
}

/** Trade rooms, fenced like users. */
export interface RoomStore {
  /** Reads rooms and bars every other writer's way to what was read. */
  claim(
    roomIds: readonly string[],
  ): Promise<{ kind: "claimed"; rooms: readonly StoredRoom[] } | Deposed>;
  /** Before the commits: rooms that come into being, and portfolios that change. Harmless when the commits do not come. */
  announce(rooms: readonly RoomCommit[], changes: readonly PortfolioChange[]): Promise<void>;
  commit(commit: RoomCommit): Promise<{ kind: "committed" } | { kind: "refused" }>;
  forget(roomId: string): void;
}

export type Published = { kind: "published" } | { kind: "out_of_sequence" };

/** Publications to everyone. They never stand in the way of commands. */
export interface BroadcastStore {
  lastBookView(symbol: string, depth: BookDepth): Promise<BookView | null>;
  lastSeq(stream: NumberedStreamName, symbol: string): Promise<number>;
  publishBook(view: BookView, update: BookUpdate): Promise<Published>;
  publishEvents(
    stream: NumberedStreamName,
    symbol: string,
    lastSeq: number,
    events: readonly MarketEvent[],
  ): Promise<Published>;
  writeMarkets(markets: readonly MarketInfo[]): Promise<void>;
  /** Tells gateways that the leader lives; `beat` counts from 1 in a term. */
  heartbeat(beat: number, symbols: readonly string[]): Promise<void>;
  /** Passes users' events on to monitors, if there are any. */
  monitor(commits: readonly { userId: string; events: readonly UserEvent[] }[]): Promise<void>;
}
