import type { Refusal } from "@mirrorbook/kernel";
import {
  type Answer,
  type BookUpdate,
  type BookView,
  type ConnectionEvents,
  type PlacedOrder,
  type Subscription,
  USER_EVENTS,
  type UserEvent,
} from "@mirrorbook/protocol";
import { io, type Socket } from "socket.io-client";
import { eventually, within } from "./eventually.ts";
import { MirroredBook } from "./mirrored-book.ts";

const ANSWER_WITHIN_MS = 10_000;

export interface Session {
  readonly token: string;
  readonly user: { readonly id: string; readonly name: string };
}

export interface Received {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into payloads of any shape, malformed ones too.
  readonly payload: any;
}

export interface RestAnswer<T> {
  readonly status: number;
  readonly body: T;
}

/** A client as a stranger would write it: stock socket.io-client and fetch. Remembers all that it was sent, in order. */
export class TestClient implements AsyncDisposable {
  readonly url: string;
  readonly session: Session;
  readonly received: Received[] = [];
  readonly books = new Map<string, MirroredBook>();
  readonly socket: Socket;

  constructor(url: string, session: Session, auth: Readonly<Record<string, unknown>> = {}) {
    this.url = url;
    this.session = session;
    this.socket = io(url, {
      auth: { token: session.token, ...auth },
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
    });
    this.socket.onAny((name: string, payload: unknown) => this.#onEvent(name, payload));
  }

  /** Resolves with the gateway's `welcome`. */
  async connected(): Promise<ConnectionEvents["welcome"]> {
    return eventually(() => {
      const welcome = this.of("welcome").at(-1);
      if (welcome === undefined) throw new Error(`${this.session.user.name} is not welcomed yet`);
      return welcome;
    });
  }

  /** Payloads of the events called `name`, in order of arrival. */
  of(name: string): Received["payload"][] {
    return this.received.filter((event) => event.name === name).map((event) => event.payload);
  }

  /** The user's own numbered events, in order of arrival. */
  get userEvents(): UserEvent[] {
    return this.received
      .filter(({ name }) => Object.hasOwn(USER_EVENTS, name))
      .map(({ name, payload }) => [name, payload] as unknown as UserEvent);
  }

  /** Numbers of the user's own events, in order of arrival. */
  get seqs(): number[] {
    return this.userEvents.map(([, payload]) => payload.seq);
  }

  /** Sends a message and waits for its acknowledgement. */
  async ask<T>(message: string, body: unknown): Promise<Answer<T>> {
    return this.socket.timeout(ANSWER_WITHIN_MS).emitWithAck(message, body);
  }

  async subscribe(...subscriptions: Subscription[]): Promise<Answer<unknown>> {
    return this.ask("subscribe", subscriptions);
  }

  /** Subscribes to a book and waits until the copy of it is there. */
  async book(symbol: string, depth: 20 | 100 | 1000 = 20): Promise<MirroredBook> {
    const answer = await this.subscribe({ channel: "orderbook", pair: symbol, depth });
    if (!answer.ok) throw new Error(`no book: ${JSON.stringify(answer)}`);
    return eventually(() => {
      const book = this.books.get(`${symbol}:${depth}`);
      if (!book?.ready) throw new Error(`no snapshot of ${symbol}:${depth} yet`);
      return book;
    });
  }

  /** Places an order through the socket. @throws when it is refused. */
  async place(order: object): Promise<PlacedOrder> {
    const answer = await this.ask<PlacedOrder>("order:place", order);
    if (!answer.ok) throw new Refused(answer.error);
    return answer.value;
  }

  /** Calls the REST interface as this user; `path` without `/api`. */
  async rest<T>(method: string, path: string, body?: unknown): Promise<RestAnswer<T>> {
    return callRest(this.url, method, path, { body, token: this.session.token });
  }

  /** Waits until the gateway has closed the connection, or we have. */
  async disconnected(): Promise<void> {
    await eventually(() => {
      if (this.socket.connected) throw new Error("still connected");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.disconnect();
  }

  #onEvent(name: string, payload: unknown): void {
    this.received.push({ name, payload });
    if (name === "orderbook:snapshot")
      this.#bookOf(payload as BookView).onSnapshot(payload as BookView);
    if (name === "orderbook:update")
      this.#bookOf(payload as BookUpdate).onUpdate(payload as BookUpdate);
  }

  #bookOf({ symbol, depth }: BookView): MirroredBook {
    const key = `${symbol}:${depth}`;
    const book = this.books.get(key) ?? new MirroredBook();
    this.books.set(key, book);
    return book;
  }
}

/** An order or request was refused; the refusal as the client saw it. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.message}`);
    this.refusal = refusal;
  }
}

export interface RestOptions {
  readonly body?: unknown;
  readonly token?: string;
}

/** One REST call to a gateway; never throws for a status. */
export async function callRest<T>(
  url: string,
  method: string,
  path: string,
  { body, token }: RestOptions = {},
): Promise<RestAnswer<T>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const response = await within(
    ANSWER_WITHIN_MS,
    `${method} ${path} is answered`,
    fetch(`${url}/api/${path}`, {
      method,
      headers,
      body: typeof body === "string" || body === undefined ? (body ?? null) : JSON.stringify(body),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: (text === "" ? null : JSON.parse(text)) as T };
}

/** Opens a session for a new guest. */
export async function guest(url: string): Promise<Session> {
  const { status, body } = await callRest<Session>(url, "POST", "auth/guest", { body: {} });
  if (status >= 300) throw new Error(`no guest session: ${status} ${JSON.stringify(body)}`);
  return body;
}
