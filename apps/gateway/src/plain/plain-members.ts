import type { Hub } from "@mirrorbook/fanout";
import { AppError, InvariantError, type Refusal, refusal } from "@mirrorbook/kernel";
import type { DialectName } from "@mirrorbook/protocol";
import type { RawData, WebSocket } from "ws";
import { withoutClaimedUser } from "../auth/claimed-user.ts";
import type { Logger } from "../logger.ts";
import type { Connection } from "../members/connection.ts";
import type { Connections } from "../members/connections.ts";
import type { PlainRequest } from "./upgrades.ts";

const PING_EVERY_MS = 25_000;
/** Frames in a row that are no JSON; whoever sends more speaks another protocol, and is cut as `bad_message`. */
const UNREADABLE_MAX = 100;

/** Takes one parsed message. @throws {AppError} what is wrong with it. */
export type TakeMessage = (connection: Connection, message: unknown) => Promise<void>;

export interface PlainMembersOptions {
  readonly hub: Hub;
  readonly connections: Connections;
  readonly log: Logger;
}

/** Owns the plain WebSocket connections: their frames, and whether they still live. */
export class PlainMembers {
  readonly #options: PlainMembersOptions;
  /** Whether each socket has been heard since the last ping. */
  readonly #heard = new Map<WebSocket, boolean>();
  readonly #pinger: NodeJS.Timeout;

  constructor(options: PlainMembersOptions) {
    this.#options = options;
    this.#pinger = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  /** Makes a socket a member whose messages `take` takes. It is not greeted yet. */
  add(
    socket: WebSocket,
    { identity, seat }: PlainRequest,
    dialect: DialectName,
    take: TakeMessage,
  ): Connection {
    const { hub, connections, log } = this.#options;
    const userId = identity?.userId ?? null;
    const member = hub.addWebSocket(socket, { userId, roles: identity?.roles ?? [], dialect });
    const connection = connections.add(member, seat, identity);
    this.#heard.set(socket, true);
    // A broken frame closes the socket by itself, with the code of RFC 6455.
    socket.on("error", (error) => log.debug({ err: error }, "A plain WebSocket failed"));
    socket.on("pong", () => this.#heard.set(socket, true));
    let unreadable = 0;
    socket.on("message", (data, isBinary) => {
      this.#heard.set(socket, true);
      const message = parsed(data, isBinary);
      unreadable = message === UNREADABLE ? unreadable + 1 : 0;
      if (unreadable > UNREADABLE_MAX) hub.disconnect(member, "bad_message");
      else void this.#take(connection, message, take);
    });
    socket.once("close", () => {
      this.#heard.delete(socket);
      connections.remove(connection);
    });
    return connection;
  }

  /** Greets a new member, then does `after`, e.g. the subscriptions that its path implies. */
  greet(connection: Connection, after: () => Promise<void>): void {
    const { connections, log, hub } = this.#options;
    const greeted = connection.inTurn(() => connections.greet(connection, undefined));
    greeted.then(after).catch((error: unknown) => {
      if (error instanceof InvariantError) throw error;
      log.warn({ err: error }, "A connection could not be welcomed");
      hub.send(connection.member, [["error", refusalOf(error, log)]]);
      hub.disconnect(connection.member, "draining");
    });
  }

  close(): void {
    clearInterval(this.#pinger);
  }

  async #take(connection: Connection, message: unknown, take: TakeMessage): Promise<void> {
    const { hub, log } = this.#options;
    const { member, budget } = connection;
    const verdict = budget.spend();
    if (verdict === "disconnect") return hub.disconnect(member, "rate_limited");
    try {
      if (verdict === "refuse") {
        throw new AppError("RATE_LIMITED", "Too many messages in a second.");
      }
      if (message === UNREADABLE) throw new AppError("BAD_REQUEST", "Messages are JSON text.");
      await take(connection, withoutClaimedUser(message, connection.identity));
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      hub.send(member, [["error", refusalOf(error, log)]]);
    }
  }

  #ping(): void {
    for (const [socket, heard] of this.#heard) {
      if (!heard) socket.terminate();
      else {
        this.#heard.set(socket, false);
        socket.ping();
      }
    }
  }
}

const UNREADABLE = Symbol("a frame that is not JSON text");

function parsed(data: RawData, isBinary: boolean): unknown {
  if (isBinary) return UNREADABLE;
  try {
    return JSON.parse(data.toString());
  } catch {
    return UNREADABLE;
  }
}

function refusalOf(error: unknown, log: Logger): Refusal {
  if (error instanceof AppError) return error.toRefusal();
  log.error({ err: error }, "Unexpected failure in a WebSocket handler");
  return refusal("INTERNAL", "Something failed here; try again.");
}
