/** Lets plain WebSocket clients in: which path speaks which dialect, who may, and who they are. */
import { type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, ERRORS, InvariantError } from "@mirrorbook/kernel";
import { type WebSocket, WebSocketServer } from "ws";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../auth/identity.ts";
import { addressOf } from "../limits/address.ts";
import type { ConnectionSeats, Seat } from "../limits/connection-seats.ts";
import { isOriginAllowed } from "../limits/origins.ts";
import type { Logger } from "../logger.ts";

export interface PlainRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly identity: Identity | null;
  readonly seat: Seat;
}

/** Takes the connection over; what it says is its dialect's. */
export type Serve = (socket: WebSocket, request: PlainRequest) => void;

/**
 * Chooses what serves a path. `null`: nothing does.
 *
 * @throws {AppError} what keeps the client out, answered as an HTTP status before the upgrade.
 */
export type ChooseEndpoint = (request: PlainRequest) => Serve | null;

export interface UpgradeOptions {
  readonly choose: ChooseEndpoint;
  readonly authenticator: Authenticator;
  readonly seats: ConnectionSeats;
  readonly isDraining: () => boolean;
  readonly log: Logger;
  readonly payloadBytesMax: number;
  readonly trustedProxyHops: number;
  readonly allowedOrigins: readonly string[];
  /** Beginning of the paths that another listener of the same server serves, letter by letter as that one compares. */
  readonly othersPath: string | null;
}

export class PlainUpgrades {
  readonly #options: UpgradeOptions;
  readonly #webSockets: WebSocketServer;

  constructor(options: UpgradeOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A larger frame closes the connection with code 1009, "message too big".
      maxPayload: options.payloadBytesMax,
      perMessageDeflate: false,
    });
  }

  /** Serves the upgrades of `http`, but for those of the other listener: whoever nobody serves must not stay open. */
  listenTo(http: HttpServer): void {
    http.on("upgrade", (request, socket, head) => {
      const { othersPath } = this.#options;
      if (othersPath !== null && request.url?.startsWith(othersPath) === true) return;
      socket.on("error", () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        refuse(socket, this.#asAppError(error));
        if (error instanceof InvariantError) throw error;
      });
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { choose, seats, authenticator, trustedProxyHops } = this.#options;
    const { path, query } = locationOf(request);
    const address = addressOf(request, trustedProxyHops);
    this.#checkMayConnect(request, address);
    const seat = seats.take(address);
    socket.once("close", seat.leave);
    const token = tokenOf(request, query);
    const identity = token === null ? null : await authenticator.identify(token);
    checkClaim(query, identity);
    const plain = { path, query, identity, seat };
    const serve = choose(plain);
    if (serve === null) throw new AppError("NOT_FOUND", "Nothing is served at this path.");
    await seat.confirm(identity?.userId ?? null);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, plain));
  }

  /** @throws {AppError} FORBIDDEN, DRAINING or TOO_MANY_CONNECTIONS. */
  #checkMayConnect(request: IncomingMessage, address: string): void {
    const { isDraining, seats, allowedOrigins } = this.#options;
    if (!isOriginAllowed(request.headers, allowedOrigins)) {
      throw new AppError("FORBIDDEN", "This origin is not allowed.");
    }
    if (isDraining()) throw new AppError("DRAINING", "This node is stopping; reconnect.");
    if (!seats.hasRoom(address))
      throw new AppError("TOO_MANY_CONNECTIONS", "Too many connections.");
  }

  #asAppError(error: unknown): AppError {
    if (error instanceof AppError) return error;
    this.#options.log.error({ err: error }, "Unexpected failure of an upgrade");
    return new AppError("INTERNAL", "Something failed here; try again.");
  }
}

/** @throws {AppError} BAD_REQUEST. */
function locationOf({ url = "/" }: IncomingMessage): { path: string; query: URLSearchParams } {
  try {
    const { pathname, searchParams } = new URL(url, "http://gateway");
    return { path: decodeURIComponent(pathname), query: searchParams };
  } catch (cause) {
    throw new AppError("BAD_REQUEST", "The path could not be read.", { cause });
  }
}

function tokenOf(request: IncomingMessage, query: URLSearchParams): string | null {
  const header = request.headers.authorization;
  if (header?.startsWith("Bearer ")) return header.slice("Bearer ".length);
  return query.get("token");
}

/** @throws {AppError} FORBIDDEN when the query names another user; without a token it names nobody, and is ignored. */
function checkClaim(query: URLSearchParams, identity: Identity | null): void {
  const claimed = query.get("user_id") ?? query.get("userId");
  if (claimed === null || identity === null || claimed === identity.userId) return;
  throw new AppError("FORBIDDEN", "This user id is not the one of your token.");
}

function refuse(socket: Duplex, error: AppError): void {
  const { status } = ERRORS[error.code];
  const body = JSON.stringify({ status, ...error.toRefusal() });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
      "Connection: close",
      "Content-Type: application/problem+json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}
