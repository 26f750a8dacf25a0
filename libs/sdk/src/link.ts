/**
 * One live connection at a time, to one of several addresses. Owns the socket, its timers and the reconnecting; knows
 * nothing of books or orders.
 */
import type { ConnectionEvents } from "@mirrorbook/protocol";
import { io, type Socket } from "socket.io-client";
import { addSample, type ClockEstimate, NO_ESTIMATE } from "./clock-estimate.ts";
import {
  type BackoffOptions,
  backoffMs,
  endsSession,
  nextUrlIndex,
  RECONNECT_BACKOFF,
} from "./retry-policy.ts";
import { createStore, type Store } from "./store.ts";

/** How long a new connection may take until the server's `welcome`. */
export const WELCOME_TIMEOUT_MS = 8_000;
/** A latency ping without an answer for this long makes the connection stale; twice that drops it. */
export const PING_TIMEOUT_MS = 4_000;
export const PING_EVERY_MS = 5_000;

/**
 * `live`: greeted by a server that answers. `stale`: connected, but pings or all watched markets are overdue.
 * `reconnecting`: looking for a server, by itself. `closed`: for good, see `ended`.
 */
export type ConnectionStatus = "connecting" | "live" | "stale" | "reconnecting" | "closed";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Address in use or tried last. */
  readonly url: string;
  readonly node: string | null;
  readonly userId: string | null;
  /** Connections regained since the start. */
  readonly reconnects: number;
  /** Failed attempts in a row. */
  readonly failures: number;
  /** Why and when (ms since the epoch) the connection was lost last. */
  readonly lastDrop: {
    readonly reason: string;
    readonly atMs: number;
    readonly url: string;
  } | null;
  /** Why it was closed for good. */
  readonly ended: { readonly code: string; readonly message: string } | null;
  readonly rttMs: number | null;
  /** Server clock minus ours. */
  readonly skewMs: number | null;
}

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

/** The request got no answer: it may have arrived or not. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
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
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #clock: ClockEstimate = NO_ESTIMATE;
  #everUp = false;
  /** A code the server gave before it hung up. */
  #lastError: { code: string; message: string } | null = null;
  readonly #waiters = new Set<() => void>();

  constructor(options: LinkOptions, hooks: LinkHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#urls = options.urls;
    this.state = createStore<ConnectionState>({
      status: "connecting",
      url: options.urls[0]!,
      node: null,
      userId: null,
      reconnects: 0,
      failures: 0,
      lastDrop: null,
      ended: null,
      rttMs: null,
      skewMs: null,
    });
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
    this.#wakeWaiters();
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
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, left);
        const waiters = this.#waiters;
        function wake() {
          clearTimeout(timer);
          waiters.delete(wake);
          resolve();
        }
        waiters.add(wake);
      });
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
    this.#clock = NO_ESTIMATE; // Another server has another clock.
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
    this.#wakeWaiters();
    void this.#ping(this.#generation);
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
    clearTimeout(this.#pingTimer);
    this.#socket?.disconnect();
    this.#socket = null;
  }

  /** Measures the way there and back, and notices a connection that died without a word. */
  async #ping(generation: number): Promise<void> {
    const sentAt = Date.now();
    const started = performance.now();
    const overdue = setTimeout(
      () => generation === this.#generation && this.setStale(true),
      PING_TIMEOUT_MS,
    );
    try {
      const answer = await this.request<unknown>("ping:latency", { sentAt }, 2 * PING_TIMEOUT_MS);
      if (generation !== this.#generation) return;
      const serverTime = serverTimeOf(answer);
      const elapsed = performance.now() - started;
      if (serverTime !== null) {
        this.#clock = addSample(this.#clock, sentAt, serverTime, sentAt + elapsed);
        this.#patch({ rttMs: this.#clock.rttMs, skewMs: this.#clock.skewMs });
      }
      this.setStale(false);
      this.#pingTimer = setTimeout(
        () => void this.#ping(generation),
        this.#options.pingEveryMs ?? PING_EVERY_MS,
      );
    } catch {
      if (generation === this.#generation) this.#retry("no answer to pings", true);
    } finally {
      clearTimeout(overdue);
    }
  }

  #patch(change: Partial<ConnectionState>): void {
    this.state.set({ ...this.state.getSnapshot(), ...change });
  }

  #wakeWaiters(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}

function serverTimeOf(answer: unknown): number | null {
  const value = (answer as { value?: unknown } | null)?.value ?? answer;
  const time = (value as { serverTime?: unknown } | null)?.serverTime;
  const ms = typeof time === "number" ? time : typeof time === "string" ? Date.parse(time) : NaN;
  return Number.isFinite(ms) ? ms : null;
}
