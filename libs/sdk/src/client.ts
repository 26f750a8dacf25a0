import type {
  Balance,
  BookDepth,
  ConnectionEvents,
  Order,
  Portfolio,
  Position,
  Trade,
  UserEvent,
  UserEventName,
  UserEvents,
} from "@mirrorbook/protocol";
import type { BookSnapshot } from "./book-stream.ts";
import type { ConnectionState } from "./connection-state.ts";
import { Link, type TokenSource } from "./link.ts";
import { type FeedStatus, MarketFeed, type MarketList, type Ticker } from "./market-feed.ts";
import type { HeldLiquidity, TapeTrade } from "./market-state.ts";
import { OrderDesk } from "./order-desk.ts";
import { type RestRequest, requestJson } from "./rest.ts";
import type { BackoffOptions } from "./retry-policy.ts";
import { RoomDesk } from "./room-desk.ts";
import { RoomFeed, type RoomSnapshot } from "./room-feed.ts";
import type { Readable } from "./store.ts";
import { Subscriptions } from "./subscriptions.ts";
import { type PositionStorage, type UserEventListener, UserFeed } from "./user-feed.ts";
import type { Part, UserState } from "./user-state.ts";

export interface ConnectOptions {
  /** Address of a gateway or of a proxy before many, e.g. "https://paper.example". */
  readonly url?: string;
  /** Several gateways: when one goes, the next is tried. */
  readonly urls?: readonly string[];
  /** From `signInAsGuest`, `signIn` or `register`; null for market data only. A function is asked at each connection. */
  readonly token?: TokenSource;
  /** Number of the last user event the program has dealt with; the following ones are delivered. */
  readonly since?: number;
  /** Keeps that number across program starts instead, per user. */
  readonly storage?: PositionStorage;
  readonly transports?: readonly ("websocket" | "polling")[];
  readonly backoff?: BackoffOptions;
  readonly pingEveryMs?: number;
}

/** The last `resync`, for programs that keep their own copy of the state. */
type ConnectionEventName = "resync" | "error" | "session:revoked";

/**
 * A connection to Mirrorbook. It mends itself; nothing has to be done on a disconnect.
 *
 * C1  Every event of the user is delivered once and in order, over any number of reconnects to any gateway (P3).
 * C2  A shown book is exactly the server's at its number, proved by checksum, or marked as not current.
 * C3  A command takes effect at most once, however often it is repeated underneath.
 * C4  Market data is subscribed to while somebody listens, and given back after.
 */
export class MirrorbookClient extends OrderDesk {
  readonly connection: Readable<ConnectionState>;
  readonly markets: Readable<MarketList>;
  /** All of the user's state in one value; the parts below are views of it. */
  readonly user: Readable<UserState>;
  readonly orders: Readable<Part<Order>>;
  readonly orderHistory: Readable<Part<Order>>;
  readonly trades: Readable<Part<Trade>>;
  readonly positions: Readable<Part<Position>>;
  readonly balances: Readable<Part<Balance>>;
  readonly portfolios: Readable<Part<Portfolio>>;
  /** Trade rooms: finding, making, joining and moving them. To follow one, see `room`. */
  readonly rooms: RoomDesk;
  readonly #link: Link;
  readonly #subscriptions: Subscriptions;
  readonly #marketFeed: MarketFeed;
  readonly #userFeed: UserFeed;
  readonly #roomFeed: RoomFeed;
  readonly #connectionListeners = new Map<string, Set<(payload: unknown) => void>>();
  readonly #hurry = () => this.#link.hurry();

  constructor(options: ConnectOptions) {
    const link = new Link(
      {
        urls: urlsOf(options),
        token: options.token ?? null,
        transports: options.transports ?? ["websocket", "polling"],
        ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
        ...(options.pingEveryMs === undefined ? {} : { pingEveryMs: options.pingEveryMs }),
      },
      {
        since: () => this.#userFeed.cursor ?? undefined,
        onWelcome: (welcome, askedSince) => this.#onWelcome(welcome, askedSince),
        onEvent: (name, payload) => this.#onEvent(name, payload),
        onDown: () => this.#marketFeed.onDown(),
      },
    );
    super(link);
    this.#link = link;
    const get = <T>(path: string) => this.fetch<T>(path);
    this.#subscriptions = new Subscriptions(link);
    this.#marketFeed = new MarketFeed(this.#subscriptions, get);
    this.#roomFeed = new RoomFeed({
      want: (wanted) => this.#subscriptions.want(wanted),
      renew: (body) => this.#subscriptions.renew(body),
      get,
      userId: () => link.state.getSnapshot().userId,
    });
    this.rooms = new RoomDesk(
      (path, request) => this.fetch(path, request),
      (roomId) => this.#roomFeed.refresh(roomId),
    );
    this.#userFeed = new UserFeed({
      since: options.since,
      storage: options.storage,
      get,
      resume: (since) => link.request("resume", { since }, RESUME_TIMEOUT_MS),
    });
    this.connection = link.state;
    this.markets = this.#marketFeed.markets;
    this.user = this.#userFeed.state;
    this.orders = this.#part("openOrders");
    this.orderHistory = this.#part("closedOrders");
    this.trades = this.#part("trades");
    this.positions = this.#part("positions");
    this.balances = this.#part("balances");
    this.portfolios = this.#part("portfolios");
    globalThis.addEventListener?.("online", this.#hurry);
    link.open();
  }

  /** A self-healing view of the best `depth` levels of both sides. */
  book(pair: string, depth: BookDepth = 20): Readable<BookSnapshot> {
    return this.#marketFeed.book(pair, depth);
  }

  /** Last, best and mark price. */
  ticker(pair: string): Readable<Ticker | null> {
    return this.#marketFeed.ticker(pair);
  }

  /** Public trades, newest first, with some history. */
  tape(pair: string): Readable<readonly TapeTrade[]> {
    return this.#marketFeed.tape(pair);
  }

  /** Whether the market's data is live, and where it comes from. */
  feed(pair: string): Readable<FeedStatus | null> {
    return this.#marketFeed.status(pair);
  }

  /** Sizes that simulated fills have taken from the book. */
  held(pair: string): Readable<HeldLiquidity> {
    return this.#marketFeed.held(pair);
  }

  /** A trade room with its leading rows and the user's own place. */
  room(roomId: string): Readable<RoomSnapshot> {
    return this.#roomFeed.room(roomId);
  }

  /** Calls `listener` with every such event of the user, once and in order; returns the way to stop. */
  on<N extends UserEventName>(name: N, listener: UserEventListener<N>): () => void;
  on<N extends ConnectionEventName>(
    name: N,
    listener: (payload: ConnectionEvents[N]) => void,
  ): () => void;
  on(name: string, listener: (payload: never) => void): () => void {
    const call = listener as (payload: unknown) => void;
    if (name === "resync" || name === "error" || name === "session:revoked") {
      const listeners = this.#connectionListeners.get(name) ?? new Set();
      this.#connectionListeners.set(name, listeners.add(call));
      return () => listeners.delete(call);
    }
    return this.#userFeed.listen((event) => {
      if (event[0] === name) call(event[1]);
    });
  }

  /** As `on`, for all of the user's events: `([name, payload]) => …`. */
  onUserEvent(listener: (event: UserEvent) => void): () => void {
    return this.#userFeed.listen(listener);
  }

  /** Number of the last user event delivered: what `since` takes next time. */
  get lastEventNumber(): number | null {
    return this.#userFeed.cursor;
  }

  /** Sends a REST request to the gateway in use, with the token. @throws {ApiError} */
  async fetch<T>(path: string, options: Omit<RestRequest, "token"> = {}): Promise<T> {
    return requestJson<T>(this.#link.url, path, { ...options, token: await this.#link.token() });
  }

  /** Reads the user's state again; the events keep it current, so this is rarely needed. */
  reload(): Promise<void> {
    return this.#userFeed.reload();
  }

  /** Resolves with true once connected; with false when `timeoutMs` pass first. */
  whenConnected(timeoutMs = 10_000): Promise<boolean> {
    return this.#link.whenUp(timeoutMs);
  }

  /** Adds addresses of gateways, e.g. learnt from the first one, to go on with when that one fails. */
  addUrls(urls: readonly string[]): void {
    this.#link.addUrls(urls.map(originOf));
  }

  /** Drops this connection and takes up the next address, as after a failure. */
  reconnect(): void {
    this.#link.reconnect("asked to");
  }

  close(): void {
    globalThis.removeEventListener?.("online", this.#hurry);
    this.#link.close();
    this.#marketFeed.close();
    this.#roomFeed.close();
    this.#subscriptions.close();
    this.#userFeed.close();
  }

  #onWelcome(welcome: ConnectionEvents["welcome"], askedSince: boolean): void {
    this.#userFeed.onWelcome(welcome, askedSince);
    this.#subscriptions.onUp();
    this.#marketFeed.onUp();
    this.#roomFeed.onUp();
  }

  #onEvent(name: string, payload: unknown): void {
    if (this.#marketFeed.onEvent(name, payload)) {
      if (name === "feed:status") this.#weighStaleness();
      return;
    }
    if (this.#roomFeed.onEvent(name, payload)) return;
    if (name === "position:marked" || name === "portfolio:marked") {
      this.#userFeed.onMark(name, payload as ConnectionEvents[typeof name]);
      return;
    }
    if (name === "resync") this.#userFeed.onResync(payload as ConnectionEvents["resync"]);
    else if (isUserEvent(name, payload)) {
      this.#userFeed.onEvent([name, payload] as unknown as UserEvent);
      return;
    }
    for (const listener of this.#connectionListeners.get(name) ?? []) listener(payload);
  }

  /** One silent market is that market's matter; when all watched ones are silent, the connection is of no use now. */
  #weighStaleness(): void {
    const statuses = this.#marketFeed.watchedStatuses();
    this.#link.setStale(statuses.length > 0 && statuses.every((s) => s === "stale"));
  }

  #part<N extends keyof UserState>(name: N): Readable<UserState[N]> {
    const { user } = this;
    return { subscribe: user.subscribe, getSnapshot: () => user.getSnapshot()[name] };
  }
}

const RESUME_TIMEOUT_MS = 10_000;
const USER_EVENT = /^(?:order|trade|balance|position|portfolio):/;

function isUserEvent(name: string, payload: unknown): payload is UserEvents[UserEventName] {
  return USER_EVENT.test(name) && typeof (payload as { seq?: unknown } | null)?.seq === "number";
}

const originOf = (url: string) => new URL(url).origin;

function urlsOf({ url, urls }: ConnectOptions): readonly string[] {
  const all = [...(urls ?? []), ...(url === undefined ? [] : [url])];
  if (all.length === 0) throw new TypeError("connect() needs a url");
  return [...new Set(all.map(originOf))];
}

/** Connects to Mirrorbook; returns at once, the connection comes and goes underneath. */
export function connect(options: ConnectOptions): MirrorbookClient {
  return new MirrorbookClient(options);
}
