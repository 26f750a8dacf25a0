import type { Server as HttpServer } from "node:http";
import { type Hub, takePackets } from "@mirrorbook/fanout";
import { AppError, type Refusal } from "@mirrorbook/kernel";
import { Handshake } from "@mirrorbook/protocol";
import { Server, type Socket } from "socket.io";
import { WebSocketServer } from "ws";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../auth/identity.ts";
import { addressOf } from "../limits/address.ts";
import type { ConnectionSeats, Seat } from "../limits/connection-seats.ts";
import { isOriginAllowed } from "../limits/origins.ts";
import type { Logger } from "../logger.ts";
import type { Connections } from "../members/connections.ts";
import { badRequest } from "../rest/route.ts";
import type { Answering } from "./answering.ts";
import { RawConnections } from "./raw-connections.ts";

/** Engine.IO takes what begins like this, and nothing else. */
export const SOCKET_IO_PATH = "/socket.io/";
/** A client that opens a connection has so long to say hello. */
const HELLO_WITHIN_MS = 10_000;
const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 20_000;

export interface SocketServerSettings {
  readonly payloadBytesMax: number;
  readonly trustedProxyHops: number;
  readonly allowedOrigins: readonly string[];
}

/** Makes the server, which does not listen yet: see `serveSocketIo`. */
export function createSocketServer(settings: SocketServerSettings, seats: ConnectionSeats): Server {
  const { payloadBytesMax, allowedOrigins, trustedProxyHops } = settings;
  return new Server({
    // Not Engine.IO's own copy, 8.21, which answers any number of WebSocket pings to a client that reads none of the
    // answers; this one cuts it at 60 (`maxPendingAutoPongs`).
    wsEngine: WebSocketServer,
    // So that a page without a bundler needs nothing but a gateway: /socket.io/socket.io.esm.min.js.
    serveClient: true,
    path: SOCKET_IO_PATH,
    // Other paths have their own upgrade handler.
    destroyUpgrade: false,
    // A larger frame closes the connection with code 1009, "message too big".
    maxHttpBufferSize: payloadBytesMax,
    // Compressed connections cannot share a frame; differences are the compression (ARCHITECTURE 11).
    perMessageDeflate: false,
    connectTimeout: HELLO_WITHIN_MS,
    pingInterval: PING_EVERY_MS,
    pingTimeout: PONG_WITHIN_MS,
    cors: (request, done) => {
      done(null, { origin: isOriginAllowed(request.headers, allowedOrigins) });
    },
    // Asked once per connection, before anything is kept of it.
    allowRequest: (request, done) => {
      if (!isOriginAllowed(request.headers, allowedOrigins)) {
        done("This origin is not allowed.", false);
      } else if (!seats.hasRoom(addressOf(request, trustedProxyHops))) {
        done("Too many connections.", false);
      } else done(null, true);
    },
  });
}

export interface SocketParts {
  readonly io: Server;
  readonly http: HttpServer;
  readonly hub: Hub;
  readonly settings: SocketServerSettings;
  readonly authenticator: Authenticator;
  readonly seats: ConnectionSeats;
  readonly connections: Connections;
  readonly answering: Answering;
  readonly isDraining: () => boolean;
  readonly log: Logger;
}

interface Guest {
  readonly seat: Seat;
  readonly identity: Identity | null;
  readonly handshake: Handshake;
}

/**
 * Lets Socket.IO clients in: who may, who they are, and what becomes of their messages. To be called when `http` has its
 * other listener: Socket.IO takes its own requests and leaves the rest to listeners that were there before it.
 */
export function serveSocketIo(parts: SocketParts): void {
  const { io, http, settings, seats, connections } = parts;
  io.attach(http);
  const raw = new RawConnections(settings.trustedProxyHops, seats, () => connections.newBudget());
  raw.listenTo(io.engine);
  const guests = new WeakMap<Socket, Guest>();
  io.use((socket, next) => {
    admit(socket, raw, parts).then(
      (guest) => {
        guests.set(socket, guest);
        next();
      },
      (error: unknown) => {
        if (!passesByItself(error)) return next(asConnectError(error, parts.log));
        // A stock client comes back by itself after a lost connection, but never after a refusal.
        socket.conn.close();
        next(); // Lets Socket.IO forget the socket, now that its connection is closed.
      },
    );
  });
  io.on("connection", (socket) => welcome(socket, guests.get(socket)!, raw, parts));
}

/** @throws {AppError} what keeps the client out. */
async function admit(socket: Socket, raw: RawConnections, parts: SocketParts): Promise<Guest> {
  const { authenticator, isDraining } = parts;
  const seat = raw.admitOnce(socket.conn);
  if (isDraining()) throw new AppError("DRAINING", "This node is stopping; reconnect.");
  const handshake = Handshake.safeParse(socket.handshake.auth);
  if (!handshake.success) throw badRequest(handshake.error);
  const token = handshake.data.token ?? bearerOf(socket.handshake.headers.authorization);
  const identity = token === undefined ? null : await authenticator.identify(token);
  await seat.confirm(identity?.userId ?? null);
  return { seat, identity, handshake: handshake.data };
}

function bearerOf(header: string | undefined): string | undefined {
  return header?.startsWith("Bearer ") ? header.slice("Bearer ".length) : undefined;
}

function welcome(
  socket: Socket,
  { seat, identity, handshake }: Guest,
  raw: RawConnections,
  parts: SocketParts,
): void {
  const { hub, connections, answering, log } = parts;
  forgetCredentials(socket);
  const member = hub.addSocketIo(socket, {
    userId: identity?.userId ?? null,
    roles: identity?.roles ?? [],
    dialect: handshake.dialect ?? "events",
  });
  const connection = connections.add(member, seat, identity, raw.budgetOf(socket.conn));
  socket.once("disconnect", () => connections.remove(connection));
  takePackets(socket, (name, body, id) => void answering.take(connection, name, body[0], id));
  connection
    .inTurn(() => connections.greet(connection, handshake.since))
    .catch((error: unknown) => {
      log.warn({ err: error }, "A connection could not be welcomed");
      socket.conn.close();
    });
}

/** The adapter sends a socket's handshake to other nodes when they ask who is in a room; it need not know how it came in. */
function forgetCredentials({ handshake }: Socket): void {
  handshake.auth = {};
  handshake.query = {};
  handshake.url = "";
  delete handshake.headers.authorization;
  delete handshake.headers.cookie;
}

function passesByItself(error: unknown): boolean {
  return error instanceof AppError && (error.code === "UNAVAILABLE" || error.code === "DRAINING");
}

/** What the client gets as `connect_error`: the message, and the refusal as `data`. */
function asConnectError(error: unknown, log: Logger): Error & { data: Refusal } {
  const known = error instanceof AppError;
  if (!known) log.error({ err: error }, "Unexpected failure in a handshake");
  const failure = known ? error : new AppError("INTERNAL", "Something failed here; try again.");
  return Object.assign(new Error(failure.code), { data: failure.toRefusal() });
}
