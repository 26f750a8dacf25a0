/**
 * The one place that touches binance-api-node, and what had to be added to make it hold for weeks.
 *
 *  - Its sockets cannot be seen: no open, no close, no silence. Node's diagnostics channel shows the upgrade request and
 *    with it the TCP socket below.
 *  - It reconnects after 4 s or more. A line here lives once: it is closed for good as soon as its socket is gone, and
 *    the owner opens the next one at once.
 *  - When connecting takes longer than 4 s it removes its error listener and then closes the socket, whose error nobody
 *    catches: the process ends (seen with a server that accepts and never answers). So a line must be closed earlier
 *    by its owner: `connectTimeoutMs` in options.ts.
 *  - The WebSocket base is a variable of the module, not of the client: it is set anew before each subscription.
 *  - REST calls know no time-out, and of a refusal with a JSON body only Binance's message survives, neither status nor
 *    Retry-After. Both come from the request, seen through the same channel.
 *  - Its JSON parser: see tolerant-json.ts.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "@mirrorbook/kernel";
import Library from "binance-api-node";
import { observingRequest } from "./observe-requests.ts";
import { makeLibraryJsonTolerant } from "./tolerant-json.ts";

makeLibraryJsonTolerant();

/** HTTP 451, on REST and on WebSocket handshakes alike. */
export const BLOCKED_HERE =
  "HTTP 451: Binance is not available from here; set BINANCE_REST_URL and BINANCE_WS_URL, or MARKET=simulated";

/** A close frame is polite; a peer that does not answer it within this time is cut off. */
const CLOSE_GRACE_MS = 1_000;

export interface LineHandlers {
  onOpen(): void;
  onMessage(message: unknown): void;
  /** The connection is gone or never came to be. At most once, and not after `close()`. */
  onEnd(reason: string): void;
}

/** One connection that carries many streams, from its opening to its end; it never reconnects by itself. */
export interface Line {
  /** Received so far, pings included: tells a silent market from a dead connection. */
  bytesReceived(): number;
  close(): void;
}

export type OpenLine = (streams: readonly string[], handlers: LineHandlers) => Line;

/** Opens lines as combined streams below `wsBase`, with or without `/ws`. @throws {AppError} when it is no URL. */
export function lineOpener(wsBase: string): OpenLine {
  const base = checkedBase(wsBase, ["ws:", "wss:"]).replace(/\/ws$/, "");
  return (streams, handlers) => new LibraryLine(base, streams, handlers);
}

class LibraryLine implements Line {
  readonly #handlers: LineHandlers;
  readonly #closeSubscription: () => void;
  #socket: Socket | undefined;
  #ended = false;
  #closed = false;

  constructor(base: string, streams: readonly string[], handlers: LineHandlers) {
    this.#handlers = handlers;
    this.#closeSubscription = observingRequest(
      (request) => this.#watch(request),
      () =>
        Library.default({ wsBase: base }).ws.customSubStream(
          `stream?streams=${streams.join("/")}`,
          (message: unknown) => {
            if (!this.#ended) handlers.onMessage(message);
          },
        ),
    );
  }

  bytesReceived(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended = true;
    this.#closeSubscription();
    setTimeout(() => this.#socket?.destroy(), CLOSE_GRACE_MS).unref();
  }

  #watch(request: ClientRequest): void {
    request.once("upgrade", (_response: IncomingMessage, socket: Socket) => {
      this.#socket = socket;
      socket.once("close", () => this.#end("connection closed"));
      if (!this.#ended) this.#handlers.onOpen();
    });
    request.once("response", ({ statusCode }) => {
      this.#end(statusCode === 451 ? BLOCKED_HERE : `HTTP ${statusCode}`);
    });
    request.once("error", (error) => this.#end(error.message));
  }

  /**
   * First lets the library deal with the same event, and only then tells it not to reconnect: closing a socket whose
   * handshake is just failing would make it fail twice, the second time with nobody listening.
   */
  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    setImmediate(() => {
      if (this.#closed) return;
      this.close();
      this.#handlers.onEnd(reason);
    });
  }
}

export interface RestAnswer extends WeightReport {
  readonly kind: "answer";
  readonly body: unknown;
}

interface WeightReport {
  /** Weight that this address has used in the present minute, by whatever process; undefined when Binance did not say. */
  readonly usedWeight?: number | undefined;
}

export interface RestRefusal extends WeightReport {
  readonly kind: "refused";
  /** HTTP status; undefined when no answer came at all. */
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  /** Binance's error code, e.g. -1121 for an invalid symbol. */
  readonly code: number | undefined;
  readonly message: string;
}

export type RestResult = RestAnswer | RestRefusal;

/** The REST calls the feed makes; none of them rejects. */
export interface RestApi {
  depth(symbol: string, limit: number): Promise<RestResult>;
  exchangeInfo(symbols: readonly string[]): Promise<RestResult>;
}

/** Calls REST below `httpBase`. @throws {AppError} when it is no URL. */
export function restApi(httpBase: string, timeoutMs: number): RestApi {
  const library = Library.default({ httpBase: checkedBase(httpBase, ["http:", "https:"]) });
  return {
    depth: (symbol, limit) => answerOf(() => library.book({ symbol, limit }), timeoutMs),
    exchangeInfo: (symbols) => {
      // Its types leave the query out.
      const exchangeInfo = library.exchangeInfo as (query: object) => Promise<unknown>;
      return answerOf(() => exchangeInfo({ symbols: JSON.stringify(symbols) }), timeoutMs);
    },
  };
}

async function answerOf(call: () => Promise<unknown>, timeoutMs: number): Promise<RestResult> {
  let request: ClientRequest | undefined;
  let response: IncomingMessage | undefined;
  const observer = (seen: ClientRequest) => {
    request = seen;
    seen.once("response", (answer) => {
      response = answer;
    });
  };
  const timeout = setTimeout(() => {
    request?.destroy(new Error(`no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    const body = await observingRequest(observer, call);
    return { kind: "answer", body, usedWeight: usedWeight(response) };
  } catch (error) {
    const { message, code } = error as Error & { code?: unknown };
    return {
      kind: "refused",
      status: response?.statusCode,
      retryAfter: response?.headers["retry-after"],
      code: typeof code === "number" ? code : undefined,
      message,
      usedWeight: usedWeight(response),
    };
  } finally {
    clearTimeout(timeout);
  }
}

function usedWeight(response: IncomingMessage | undefined): number | undefined {
  const weight = Number(response?.headers["x-mbx-used-weight-1m"]);
  return Number.isFinite(weight) ? weight : undefined;
}

/** The library would fail on a bad URL in a promise that nobody holds. */
function checkedBase(base: string, protocols: readonly string[]): string {
  if (!protocols.includes(URL.parse(base)?.protocol ?? "")) {
    throw new AppError("BAD_REQUEST", `"${base}" is no URL of ${protocols.join(" or ")}`);
  }
  return base.replace(/\/+$/, "");
}
