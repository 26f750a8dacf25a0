import type { Random } from "@mirrorbook/testkit/random";
import { io, type Socket } from "socket.io-client";
import { BookReplay } from "../checker/book-replay.ts";
import type { BookEvidence, CommandAnswer, Json } from "../evidence.ts";
import { type Account, type ChaosClient, ClientRecord, isUserEvent } from "./chaos-client.ts";

const ANSWER_WITHIN_MS = 7_000;
const WELCOME_WITHIN_MS = 8_000;
const RECONNECT_MS = { least: 100, most: 500 };

export interface WireClientOptions {
  readonly account: Account;
  readonly urls: readonly string[];
  readonly random: Random;
  /** Books it keeps, as `{ pair, depth }`. */
  readonly books?: readonly { readonly pair: string; readonly depth: number }[];
  /** Long polling only, with the cookie that a browser got with the page, by which nginx keeps it with one gateway. */
  readonly polling?: boolean;
}

/**
 * A client as a stranger would write it on stock socket.io-client: mends nothing, so its record is what was really
 * sent. It asks for what it missed by `since`, and stays with a gateway until that goes.
 */
export class WireClient implements ChaosClient {
  readonly evidence: ClientRecord;
  readonly #options: WireClientOptions;
  readonly #replays = new Map<string, BookReplay>();
  #socket: Socket | null = null;
  #urlIndex = 0;
  #timer: NodeJS.Timeout | undefined;
  #welcomed = false;
  /** The WebSocket it has stopped reading. */
  #notReading: object | null = null;
  #closed = false;

  constructor(options: WireClientOptions) {
    this.#options = options;
    this.evidence = new ClientRecord(options.account);
    this.#connect();
  }

  get name(): string {
    return this.evidence.name;
  }

  get userId(): string {
    return this.evidence.userId;
  }

  get connections() {
    return this.evidence.connections;
  }

  get lastSeq(): number {
    return this.evidence.events.at(-1)?.[1].seq ?? this.evidence.since;
  }

  get books(): BookEvidence[] {
    return [...this.#replays].map(([book, replay]) => replay.evidence(this.name, book));
  }

  async ask(message: string, body: Json): Promise<CommandAnswer | null> {
    const socket = this.#socket;
    if (socket === null || !this.#welcomed) return null;
    try {
      return await socket.timeout(ANSWER_WITHIN_MS).emitWithAck(message, asAttempt(message, body));
    } catch {
      return null;
    }
  }

  disconnect(): void {
    if (this.#welcomed) this.#socket?.io.engine?.close();
  }

  /** Only where it was welcomed: who does not read the welcome gives up and goes elsewhere. */
  stopReading(ms: number): void {
    const webSocket: Json = (this.#socket?.io.engine?.transport as Json)?.ws;
    if (!this.#welcomed || webSocket === undefined) return;
    if (webSocket.readyState !== webSocket.OPEN) return;
    webSocket.pause();
    this.#notReading = webSocket;
    setTimeout(() => {
      webSocket.resume();
      if (this.#notReading === webSocket) this.#notReading = null;
    }, ms);
  }

  get isReading(): boolean {
    return this.#notReading === null;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.disconnect();
  }

  #connect(): void {
    if (this.#closed) return;
    const { account, urls, polling = false } = this.#options;
    this.#welcomed = false;
    this.#notReading = null;
    for (const replay of this.#replays.values()) replay.restart();
    const url = urls[this.#urlIndex % urls.length]!;
    this.evidence.note(`tries ${url}`);
    const socket = io(url, {
      auth: { token: account.token, since: this.lastSeq },
      transports: [polling ? "polling" : "websocket"],
      ...(polling ? { extraHeaders: { cookie: `mirrorbook_route=${account.name}` } } : {}),
      forceNew: true,
      reconnection: false,
    });
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#leave(socket, "no welcome"), WELCOME_WITHIN_MS);
    socket.on("connect", () => this.evidence.note("connected"));
    socket.on("connect_error", ({ message }) => this.#leave(socket, message));
    socket.on("disconnect", (reason) => this.#leave(socket, reason));
    socket.onAny((name: string, payload: Json) => {
      if (socket === this.#socket) this.#onEvent(socket, name, payload);
    });
  }

  /** Goes to the next gateway, once per connection. */
  #leave(socket: Socket, why: string): void {
    if (socket !== this.#socket) return;
    this.evidence.note(`leaves: ${why}`);
    this.#socket = null;
    clearTimeout(this.#timer);
    socket.disconnect();
    this.evidence.connected(null);
    this.#urlIndex += 1;
    const { least, most } = RECONNECT_MS;
    this.#timer = setTimeout(() => this.#connect(), this.#options.random.between(least, most));
  }

  #onEvent(socket: Socket, name: string, payload: Json): void {
    if (isUserEvent(name, payload)) this.evidence.events.push([name, payload]);
    else if (name === "orderbook:snapshot" || name === "orderbook:update") {
      this.#replayOf(payload).take(name, payload);
    } else if (name === "resync") this.evidence.resyncs.push(payload.reason);
    else if (name === "server:draining") this.#leaveSoon(socket, payload.reconnectWithinMs);
    else if (name === "welcome") this.#onWelcome(payload.node);
  }

  #onWelcome(node: string): void {
    clearTimeout(this.#timer);
    this.#welcomed = true;
    this.evidence.connected(node);
    void this.#subscribe();
  }

  /** Asks for its books until the gateway says yes. */
  async #subscribe(): Promise<void> {
    const books = this.#options.books ?? [];
    if (books.length === 0) return;
    const socket = this.#socket;
    const wanted = books.map((book) => ({ channel: "orderbook", ...book }));
    while (socket === this.#socket && !this.#closed) {
      const answer: Json = await this.ask("subscribe", wanted);
      if (answer?.ok === true && answer.errors?.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS.most));
    }
  }

  #leaveSoon(socket: Socket, withinMs: number): void {
    this.#timer = setTimeout(
      () => this.#leave(socket, "draining"),
      this.#options.random.between(0, withinMs / 2),
    );
  }

  #replayOf({ symbol, depth }: Json): BookReplay {
    const key = `${symbol}:${depth}`;
    const replay = this.#replays.get(key) ?? new BookReplay();
    this.#replays.set(key, replay);
    return replay;
  }
}

/** The body with the time at which it is sent, where the protocol has a place for it. */
function asAttempt(message: string, body: Json): Json {
  const sentAt = Date.now();
  if (message === "order:place" || message === "order:place_oco") return { ...body, sentAt };
  if (message === "order:cancel_replace") return { ...body, order: { ...body.order, sentAt } };
  return body;
}
