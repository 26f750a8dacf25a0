/**
 * One live connection at a time, to one of several addresses. Owns the socket, its timers and the reconnecting; knows
 * nothing of books or orders.
 */
import type { ConnectionEvents } from "@mirrorbook/protocol";
import { io, type Socket } from "socket.io-client";
import { beforeConnecting, type ConnectionState } from "./connection-state.ts";
import { Heartbeat, PING_EVERY_MS } from "./heartbeat.ts";
import { NoAnswerError } from "./no-answer-error.ts";
import {
  type BackoffOptions,
  backoffMs,
  endsSession,
  nextUrlIndex,
  RECONNECT_BACKOFF,
} from "./retry-policy.ts";
import { createStore, type Store } from "./store.ts";
import { Waiters } from "./waiters.ts";

/** How long a new connection may take until the server's `welcome`. */
export const WELCOME_TIMEOUT_MS = 8_000;

export type TokenSource = string | null | (() => string | null | Promise<string | null>);

export interface LinkOptions {
  readonly urls: readonly string[];
  readonly token: TokenSource;
  readonly transports: readonly ("websocket" | "polling")[];
  readonly backoff?: BackoffOptions;
  readonly pingEveryMs?: number;
}

export interface LinkHooks {
  /** Position for the handshake; undefined when it starts afresh. */
  since(): number | undefined;
  onWelcome(welcome: ConnectionEvents["welcome"], askedSince: boolean): void;
  onEvent(name: string, payload: unknown): void;
  onDown(): void;
}

export class Link {
  readonly state: Store<ConnectionState>;
  readonly #options: LinkOptions;
  readonly #hooks: LinkHooks;
  #urls: readonly string[];
  #socket: Socket | null = null;
  #urlIndex = 0;
  /** Distinguishes this connection's late callbacks from the next one's. */
  #generation = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: Heartbeat | undefined;
  #everUp = false;
  /** A code the server gave before it hung up. */
  #lastError: { code: string; message: string } | null = null;
  readonly #waiters = new Waiters();

  constructor(options: LinkOptions, hooks: LinkHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#urls = options.urls;
    this.state = createStore(beforeConnecting(options.urls[0]!));
  }

  get isUp(): boolean {
    const { status } = this.state.getSnapshot();
    return (status === "live" || status === "stale") && this.#socket?.connected === true;
  }

  get url(): string {
    return this.#urls[this.#urlIndex]!;
  }

  async token(): Promise<string | null> {
    const { token } = this.#options;
    return typeof token === "function" ? await token() : token;
  }

  /** Connects to the current address. A failure leads to the next attempt by itself. */
  open(): void {
    const generation = ++this.#generation;
    this.#patch({ url: this.url });
    this.token().then(
      (token) => {
        if (generation === this.#generation) this.#connect(token, generation);
      },
      (error: unknown) => {
        if (generation === this.#generation) this.#retry(`no token: ${String(error)}`, false);
      },
    );
  }

  /** Ends the connection for good. */
  close(ended: ConnectionState["ended"] = null): void {
    this.#discardSocket();
    clearTimeout(this.#timer);
    this.#patch({ status: "closed", ended });
    this.#waiters.wake();
  }

  /** Adds addresses to try when the one in use fails. */
  addUrls(urls: readonly string[]): void {
    this.#urls = [...new Set([...this.#urls, ...urls])];
  }

  /** Tries at once instead of waiting on, e.g. because the browser came online again. */
  hurry(): void {
    const { status } = this.state.getSnapshot();
    if ((status === "reconnecting" || status === "connecting") && this.#socket === null) {
      clearTimeout(this.#timer);
      this.open();
    }
  }

  /** Drops the connection and looks for another, as after a failure. */
  reconnect(reason: string): void {
    if (this.state.getSnapshot().status !== "closed") this.#retry(reason, true);
  }

  /** Marks what is shown as doubtful without giving up the connection, or as good again. */
  setStale(stale: boolean): void {
    const { status } = this.state.getSnapshot();
    if (stale && status === "live") this.#patch({ status: "stale" });
    if (!stale && status === "stale") this.#patch({ status: "live" });
  }

  /**
   * Sends one message and resolves with its acknowledgement.
   *
   * @throws {NoAnswerError} when the connection goes or `timeoutMs` pass first; the message may have taken effect.
   */
  async request<T>(message: string, body: unknown, timeoutMs: number): Promise<T> {
    const socket = this.#socket;
    if (socket === null || !this.isUp) throw new NoAnswerError("not connected");
    try {
      return (await socket.timeout(timeoutMs).emitWithAck(message, body)) as T;
    } catch (cause) {
      throw new NoAnswerError(`no answer to ${message}`, { cause });
    }
  }

  /** Resolves with true as soon as there is a connection, with false when it is closed or `timeoutMs` are over. */
  async whenUp(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!this.isUp) {
      const left = deadline - performance.now();
      if (left <= 0 || this.state.getSnapshot().status === "closed") return false;
      await this.#waiters.wait(left);
    }
    return true;
  }

  #connect(token: string | null, generation: number): void {
    const since = this.#hooks.since();
    this.#lastError = null;
    const socket = io(this.url, {
      forceNew: true,
      reconnection: false,
      timeout: WELCOME_TIMEOUT_MS,
      transports: [...this.#options.transports],
      tryAllTransports: true,
      auth: { ...(token === null ? {} : { token }), ...(since === undefined ? {} : { since }) },
    });
    this.#socket = socket;
    const mine = () => generation === this.#generation;
    this.#timer = setTimeout(() => mine() && this.#retry("no welcome", true), WELCOME_TIMEOUT_MS);

    socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
      if (!mine()) return;
      if (endsSession(error.data?.code)) {
        this.close({ code: error.data!.code!, message: error.message });
      } else this.#retry(error.message, true);
    });
    socket.on("disconnect", (reason) => {
      if (mine()) this.#onDisconnect(reason);
    });
    socket.onAny((name: string, payload: unknown) => {
      if (mine()) this.#onMessage(name, payload, since !== undefined);
    });
  }

  #onMessage(name: string, payload: unknown, askedSince: boolean): void {
    switch (name) {
      case "welcome":
        this.#onWelcome(payload as ConnectionEvents["welcome"], askedSince);
        break;
      case "server:draining":
        this.#onDraining(payload as ConnectionEvents["server:draining"]);
        break;
      case "session:revoked":
        this.#hooks.onEvent(name, payload);
        this.close({
          code: "SESSION_REVOKED",
          message: (payload as ConnectionEvents["session:revoked"]).reason,
        });
        break;
      case "error":
        this.#lastError = payload as ConnectionEvents["error"];
        this.#hooks.onEvent(name, payload);
        break;
      default:
        this.#hooks.onEvent(name, payload);
    }
  }

  #onWelcome(welcome: ConnectionEvents["welcome"], askedSince: boolean): void {
    clearTimeout(this.#timer);
    const { reconnects } = this.state.getSnapshot();
    this.#patch({
      status: "live",
      node: welcome.node,
      userId: welcome.userId,
      failures: 0,
      reconnects: this.#everUp ? reconnects + 1 : reconnects,
      rttMs: null,
      skewMs: null,
    });
    this.#everUp = true;
    this.#hooks.onWelcome(welcome, askedSince);
    this.#waiters.wake();
    this.#heartbeat = this.#startHeartbeat();
  }

  /** Leaves before the server hangs up, at a random moment of the time it gives, so that not all leave at once. */
  #onDraining({ reason, reconnectWithinMs }: ConnectionEvents["server:draining"]): void {
    clearTimeout(this.#timer);
    const generation = this.#generation;
    this.#timer = setTimeout(
      () => generation === this.#generation && this.#retry(`server draining: ${reason}`, true, 0),
      Math.random() * 0.5 * reconnectWithinMs,
    );
  }

  #onDisconnect(reason: string): void {
    const error = this.#lastError;
    if (reason === "io server disconnect" && error !== null && endsSession(error.code)) {
      this.close(error);
      return;
    }
    this.#retry(error === null ? reason : `${reason}: ${error.message}`, true);
  }

  #retry(reason: string, leaveUrl: boolean, waitMs?: number): void {
    const { failures, lastDrop } = this.state.getSnapshot();
    const wasUp = this.state.getSnapshot().node !== null;
    const url = this.url;
    this.#discardSocket();
    this.#urlIndex = nextUrlIndex(this.#urlIndex, this.#urls.length, leaveUrl);
    this.#patch({
      status: this.#everUp ? "reconnecting" : "connecting",
      node: null,
      failures: failures + 1,
      rttMs: null,
      lastDrop: wasUp || !this.#everUp ? { reason, atMs: Date.now(), url } : lastDrop,
    });
    if (wasUp) this.#hooks.onDown();
    const wait =
      waitMs ?? backoffMs(failures, Math.random(), this.#options.backoff ?? RECONNECT_BACKOFF);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), wait);
  }

  #discardSocket(): void {
    this.#generation++;
    this.#heartbeat?.stop();
    this.#socket?.disconnect();
    this.#socket = null;
  }

  /** Another server has another distance and another clock. */
  #startHeartbeat(): Heartbeat {
    return new Heartbeat({
      everyMs: this.#options.pingEveryMs ?? PING_EVERY_MS,
      ask: (sentAt, timeoutMs) => this.request("ping:latency", { sentAt }, timeoutMs),
      onOverdue: () => this.setStale(true),
      onAnswer: ({ rttMs, skewMs }) => {
        this.#patch({ rttMs, skewMs });
        this.setStale(false);
      },
      onDead: () => this.#retry("no answer to pings", true),
    });
  }

  #patch(change: Partial<ConnectionState>): void {
    this.state.set({ ...this.state.getSnapshot(), ...change });
  }
}
