/**
 * The user's own stream: delivers every event once and in order, keeps the state they describe, and reloads that state
 * by REST when the server says that events were lost for good.
 */
import type {
  Balance,
  ConnectionEvents,
  Order,
  Portfolio,
  Position,
  Trade,
  UserEvent,
  UserEventName,
  UserEvents,
} from "@mirrorbook/protocol";
import { admitEvent, greet } from "./event-cursor.ts";
import { callSafely, createStore, type Store } from "./store.ts";
import {
  applyUserEvent,
  EMPTY_USER_STATE,
  forgetPositions,
  isTerminal,
  loadPart,
  markPortfolio,
  markPosition,
  type UserState,
} from "./user-state.ts";

/** Remembers a position across program starts; `localStorage` fits. */
export interface PositionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface UserFeedDeps {
  readonly since: number | undefined;
  readonly storage: PositionStorage | undefined;
  /** GET of the REST API with the user's token. */
  get<T>(path: string): Promise<T>;
  /** Asks for every event after `since`. */
  resume(since: number): Promise<void>;
}

type MarkName = "position:marked" | "portfolio:marked";
type Listener = (event: UserEvent) => void;

const RESUME_RETRY_MS = 1_000;
const RELOAD_RETRY_MS = 2_000;

export class UserFeed {
  readonly state: Store<UserState> = createStore(EMPTY_USER_STATE);
  readonly #deps: UserFeedDeps;
  readonly #listeners = new Set<Listener>();
  #cursor: number | null;
  #userId: string | null = null;
  #resuming = false;
  /** Counts loads; an answer to an overtaken one is dropped. */
  #load = 0;
  /** Events since the load in flight began: applied again on top of what it brings. */
  #sinceLoad: UserEvent[] = [];
  #loading = false;
  #closed = false;

  constructor(deps: UserFeedDeps) {
    this.#deps = deps;
    this.#cursor = deps.since ?? null;
  }

  /** Number of the last event delivered. */
  get cursor(): number | null {
    return this.#cursor;
  }

  /** Calls `listener` with each of the user's events. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onWelcome(welcome: ConnectionEvents["welcome"], askedSince: boolean): void {
    this.#resuming = false;
    if (welcome.userId === null || welcome.seq === null) return;
    this.#userId = welcome.userId;
    const first = !this.state.getSnapshot().balances.loaded;
    const greeting = greet(this.#cursor ?? this.#remembered(), welcome.seq, askedSince);
    this.#moveTo(greeting.cursor);
    if (greeting.kind === "resume") this.#resume(greeting.since);
    if (greeting.kind === "reload") this.state.set(forgetPositions(this.state.getSnapshot()));
    if (first || greeting.kind === "reload") void this.reload();
  }

  onEvent(event: UserEvent): void {
    if (this.#cursor === null) return; // Greeted first: its number says what the loaded state contains.
    const admission = admitEvent(this.#cursor, event[1].seq);
    if (admission.kind === "gap") this.#resume(admission.since);
    if (admission.kind !== "deliver") return;
    this.#moveTo(admission.cursor);
    if (this.#loading) this.#sinceLoad.push(event);
    this.state.set(applyUserEvent(this.state.getSnapshot(), event));
    for (const listener of [...this.#listeners]) callSafely(() => listener(event));
  }

  /** What positions or a portfolio are worth now; not numbered, so not part of the events. */
  onMark(name: MarkName, payload: ConnectionEvents[MarkName]): void {
    const state = this.state.getSnapshot();
    if (name === "position:marked") {
      const { position } = payload as ConnectionEvents["position:marked"];
      this.state.set(markPosition(state, position));
    } else {
      const { timestamp: _, ...marked } = payload as ConnectionEvents["portfolio:marked"];
      this.state.set(markPortfolio(state, marked));
    }
  }

  /** The events between are gone: takes the state as it is now and goes on from its number. */
  onResync({ seq }: ConnectionEvents["resync"]): void {
    this.#resuming = false;
    this.#moveTo(seq);
    this.state.set(forgetPositions(this.state.getSnapshot()));
    void this.reload();
  }

  /** Loads the whole state by REST; repeats until it succeeds. */
  async reload(): Promise<void> {
    const load = ++this.#load;
    this.#loading = true;
    this.#sinceLoad = [];
    const asOf = this.#cursor ?? 0;
    try {
      const loaded = await this.#fetchState(asOf);
      if (load !== this.#load || this.#closed) return;
      this.state.set(this.#sinceLoad.reduce(applyUserEvent, loaded(this.state.getSnapshot())));
      this.#loading = false;
      this.#sinceLoad = [];
    } catch {
      if (load !== this.#load || this.#closed) return;
      setTimeout(() => load === this.#load && !this.#closed && void this.reload(), RELOAD_RETRY_MS);
    }
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }

  async #fetchState(asOf: number): Promise<(state: UserState) => UserState> {
    const { get } = this.#deps;
    const [balances, positions, orders, trades, portfolio] = await Promise.all([
      get<{ balances: Balance[]; seq?: number }>("balances"),
      get<{ positions: Position[]; seq?: number }>("positions"),
      get<{ orders: Order[]; seq?: number }>("orders?limit=200"),
      get<{ trades: Trade[] }>("trades?limit=200"),
      get<{ portfolios?: Portfolio[]; portfolio?: Portfolio; seq?: number } & Partial<Portfolio>>(
        "portfolio",
      ),
    ]);
    const open = orders.orders.filter((order) => !isTerminal(order)).sort(newestFirst);
    const closed = orders.orders.filter(isTerminal).sort(newestFirst);
    return (state) => {
      let next = loadPart(state, "balances", balances.balances, balances.seq ?? asOf);
      const openPositions = positions.positions.filter(({ status }) => status === "open");
      next = loadPart(next, "positions", openPositions, positions.seq ?? asOf);
      next = loadPart(next, "openOrders", open, orders.seq ?? asOf);
      next = loadPart(next, "closedOrders", closed, orders.seq ?? asOf);
      next = loadPart(next, "trades", trades.trades, asOf);
      return loadPart(next, "portfolios", portfoliosOf(portfolio), portfolio.seq ?? asOf);
    };
  }

  #resume(since: number): void {
    if (this.#resuming) return;
    this.#resuming = true;
    const again = () => {
      this.#resuming = false;
    };
    // A failed resume is asked for again at the next sign of a gap, or on reconnecting by the handshake.
    this.#deps.resume(since).then(again, () => setTimeout(again, RESUME_RETRY_MS));
  }

  #moveTo(cursor: number): void {
    this.#cursor = cursor;
    if (this.#userId !== null) {
      this.#deps.storage?.setItem(storageKey(this.#userId), String(cursor));
    }
  }

  #remembered(): number | null {
    if (this.#userId === null) return null;
    const text = this.#deps.storage?.getItem(storageKey(this.#userId)) ?? "";
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
  }
}

const storageKey = (userId: string) => `mirrorbook:seq:${userId}`;

const newestFirst = (a: Order, b: Order) => b.createdAt.localeCompare(a.createdAt);

function portfoliosOf(
  answer: { portfolios?: Portfolio[]; portfolio?: Portfolio } & Partial<Portfolio>,
): Portfolio[] {
  if (answer.portfolios !== undefined) return answer.portfolios;
  if (answer.portfolio !== undefined) return [answer.portfolio];
  return answer.equity === undefined ? [] : [answer as Portfolio];
}

/** What a listener of one event name gets. */
export type UserEventListener<N extends UserEventName> = (payload: UserEvents[N]) => void;
