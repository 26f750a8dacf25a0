/** What the page is made of, outside React: session, client, choices. Components select from it and render. */
import { connect, createStore, type MirrorbookClient, type Store } from "@mirrorbook/sdk";
import { isText, keptStore } from "../lib/kept.ts";
import { Notices } from "./notices.ts";
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

export class Model {
  readonly sessions: Sessions;
  readonly notices = new Notices();
  readonly client: Store<MirrorbookClient>;
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
    this.theme = keptStore<Theme>("theme", "system", isTheme);
    this.client = createStore(this.#connect());
    this.#session = this.sessions.state.getSnapshot();
    this.sessions.state.subscribe(() => this.#followSession());
  }

  /** Takes a price to the ticket. */
  pick(price: string): void {
    this.picked.set({ price, at: performance.now() });
  }

  #connect(): MirrorbookClient {
    const client = connect({ urls: [this.#url], token: this.sessions.token });
    this.#stopTelling = tellWhatHappened(client, this.notices);
    client.connection.subscribe(() => this.#onConnection(client));
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
    this.notices.clear();
    this.client.set(this.#connect());
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
