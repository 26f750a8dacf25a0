/** What the page is made of, outside React: session, client, choices. Components select from it and render. */
import { connect, createStore, type MirrorbookClient, type Store } from "@mirrorbook/sdk";
import { isText, keptStore } from "../lib/kept.ts";
import { MyRooms, tradeable } from "../rooms/my-rooms.ts";
import { turnText } from "../rooms/room-words.ts";
import { Notices } from "./notices.ts";
import { goTo } from "./route.ts";
import { type SessionState, Sessions } from "./session.ts";
import { tellWhatHappened } from "./tell-what-happened.ts";

export type Theme = "system" | "dark" | "light";
/** What a narrow screen shows of the page. */
export type View = "chart" | "book" | "trade" | "desk";

/** A price picked on the ladder or the tape; `at` makes each pick a new one. */
export interface PickedPrice {
  readonly price: string;
  readonly at: number;
}

export const MAIN_ACCOUNT = "main";

export class Model {
  readonly sessions: Sessions;
  readonly notices = new Notices();
  readonly client: Store<MirrorbookClient>;
  /** Of the client's user. */
  readonly myRooms: Store<MyRooms>;
  /** The portfolio that is shown and traded with: the main one, or one of a trade room. */
  readonly account: Store<string>;
  /** Symbol of the market in view. */
  readonly market: Store<string>;
  readonly theme: Store<Theme>;
  readonly view: Store<View> = createStore<View>("chart");
  readonly picked: Store<PickedPrice | null> = createStore<PickedPrice | null>(null);
  readonly #url: string;
  /** What the client was connected with. Neither a session nor a problem: it waits for its first session. */
  #session: SessionState;
  #stopTelling: () => void = () => {};

  constructor(url: string) {
    this.#url = url;
    this.sessions = new Sessions(
      () => this.client?.getSnapshot().connection.getSnapshot().url ?? url,
    );
    this.market = keptStore("market", "BTCUSDT", isText);
    this.account = keptStore("account", MAIN_ACCOUNT, isText);
    this.theme = keptStore<Theme>("theme", "system", isTheme);
    const client = this.#connect();
    this.client = createStore(client);
    this.myRooms = createStore(this.#roomsOf(client));
    this.#session = this.sessions.state.getSnapshot();
    this.sessions.state.subscribe(() => this.#followSession());
  }

  /** Takes a price to the ticket. */
  pick(price: string): void {
    this.picked.set({ price, at: performance.now() });
  }

  /** Brings a market into view, wherever on the page one is. */
  chooseMarket(symbol: string): void {
    this.market.set(symbol);
    goTo({ name: "trade" });
  }

  /** Trades with a portfolio from now on; when that is a room's, in one of its markets. */
  chooseAccount(account: string): void {
    this.account.set(account);
    const { items } = this.myRooms.getSnapshot().state.getSnapshot();
    const markets = items.find(({ room }) => room.account === account)?.room.markets ?? [];
    const [first] = markets;
    if (first !== undefined && !markets.includes(this.market.getSnapshot())) this.market.set(first);
  }

  /** The main portfolio, then those of the rooms, then the main one again. */
  nextAccount(): void {
    const current = this.account.getSnapshot();
    const rooms = tradeable(this.myRooms.getSnapshot().state.getSnapshot(), current);
    const accounts = [MAIN_ACCOUNT, ...rooms.map(({ account }) => account)];
    this.chooseAccount(accounts[(accounts.indexOf(current) + 1) % accounts.length]!);
  }

  #connect(): MirrorbookClient {
    const client = connect({ urls: [this.#url], token: this.sessions.token });
    this.#stopTelling = tellWhatHappened(client, this.notices, (account) =>
      this.#roomName(account),
    );
    client.connection.subscribe(() => this.#onConnection(client));
    client.portfolios.subscribe(() => this.#onPortfolios(client));
    void learnGateways(client);
    return client;
  }

  /** Another user is another client: nothing of one is ever shown to the other. */
  #followSession(): void {
    const before = this.#session;
    this.#session = this.sessions.state.getSnapshot();
    const isFirst = before.session === null && before.problem === null;
    if (isFirst || before.session?.token === this.#session.session?.token) return;
    this.#stopTelling();
    this.client.getSnapshot().close();
    this.myRooms.getSnapshot().close();
    this.notices.clear();
    this.account.set(MAIN_ACCOUNT);
    const client = this.#connect();
    this.client.set(client);
    this.myRooms.set(this.#roomsOf(client));
  }

  #roomsOf(client: MirrorbookClient): MyRooms {
    return new MyRooms(client, (room, before) => {
      const told = turnText(room, before);
      if (told !== null) this.notices.add("room", told.title, told.text);
    });
  }

  #roomName(account: string): string | null {
    const { items } = this.myRooms.getSnapshot().state.getSnapshot();
    return items.find(({ room }) => room.account === account)?.room.name ?? null;
  }

  /** A kept account that is another user's, or no longer there. */
  #onPortfolios(client: MirrorbookClient): void {
    const { items, loaded } = client.portfolios.getSnapshot();
    const account = this.account.getSnapshot();
    if (loaded && !items.some((portfolio) => portfolio.account === account)) {
      this.account.set(MAIN_ACCOUNT);
    }
  }

  /** A session the server no longer takes is given up; the next connection is a new guest's. */
  #onConnection(client: MirrorbookClient): void {
    const { status, ended } = client.connection.getSnapshot();
    if (status !== "closed" || ended === null || client !== this.client.getSnapshot()) return;
    const { isGuest } = this.sessions.state.getSnapshot();
    this.sessions.leave(); // Clears the notices too, so the word about it comes after.
    this.notices.add(
      "connection",
      "Your session has ended",
      isGuest ? "A new guest portfolio was started." : "Sign in again to go on trading.",
    );
  }
}

/** Other gateways that a page may talk to, so that it can go on when its own is gone. */
async function learnGateways(client: MirrorbookClient): Promise<void> {
  if (!(await client.whenConnected(LEARN_WITHIN_MS))) return;
  const stats = await client.fetch<{ gateways?: string[] }>("stats").catch(() => null);
  client.addUrls((stats?.gateways ?? []).filter(isReachable));
}

/** Loopback addresses mean another machine to everybody else, and to a page with another name for it another origin. */
function isReachable(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === location.hostname || !LOOPBACK.includes(hostname);
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const LEARN_WITHIN_MS = 60_000;

const isTheme = (value: unknown): value is Theme =>
  value === "system" || value === "dark" || value === "light";
