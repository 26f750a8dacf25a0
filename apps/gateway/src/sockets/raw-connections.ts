/** Engine.IO connections, before and below the Socket.IO client on them: their seats, and what they may send. */
import type { IncomingMessage } from "node:http";
import { AppError } from "@mirrorbook/kernel";
import type { Server, Socket } from "socket.io";
import { addressOf } from "../limits/address.ts";
import type { ConnectionSeats, Seat } from "../limits/connection-seats.ts";
import type { MessageBudget } from "../limits/token-bucket.ts";

/** First characters of Socket.IO packets that carry an event, see `Answering`. */
const EVENT = "2";
const BINARY_EVENT = "5";

interface RawConnection {
  readonly request: IncomingMessage;
  once(event: "close", listener: () => void): void;
  on(event: "packet", listener: (packet: { type: string; data?: unknown }) => void): void;
  close(discard: boolean): void;
}

interface Door {
  readonly seat: Seat;
  readonly budget: MessageBudget;
  isUsed: boolean;
}

export class RawConnections {
  readonly #trustedProxyHops: number;
  readonly #seats: ConnectionSeats;
  readonly #newBudget: () => MessageBudget;
  /** Kept beside the connections: the hub lets go of the request that the address was read from. */
  readonly #doors = new WeakMap<object, Door>();

  constructor(trustedProxyHops: number, seats: ConnectionSeats, newBudget: () => MessageBudget) {
    this.#trustedProxyHops = trustedProxyHops;
    this.#seats = seats;
    this.#newBudget = newBudget;
  }

  listenTo(engine: Server["engine"]): void {
    const doors = this.#doors;
    // One function for all connections, told apart by `this`.
    function onPacket(this: RawConnection, packet: { type: string; data?: unknown }): void {
      if (isCounted(packet) && doors.get(this)?.budget.spend() === "disconnect") this.close(true);
    }
    engine.on("connection", (raw: RawConnection) => {
      const seat = this.#seats.take(addressOf(raw.request, this.#trustedProxyHops));
      doors.set(raw, { seat, budget: this.#newBudget(), isUsed: false });
      raw.once("close", seat.leave);
      raw.on("packet", onPacket);
    });
  }

  /**
   * The seat of a connection on which a client asks to be let in.
   *
   * @throws {AppError} UNAVAILABLE, which closes it, when one has asked before: while the first is being looked at
   * Socket.IO would take any number of them, each a member of its own on one counted connection.
   */
  admitOnce(raw: Socket["conn"]): Seat {
    const door = this.#doorOf(raw);
    if (door.isUsed) throw new AppError("UNAVAILABLE", "One client to a connection.");
    door.isUsed = true;
    return door.seat;
  }

  /** What the connection may send; events and all else together. */
  budgetOf(raw: Socket["conn"]): MessageBudget {
    return this.#doorOf(raw).budget;
  }

  #doorOf(raw: Socket["conn"]): Door {
    const door = this.#doors.get(raw);
    if (door === undefined) throw new AppError("UNAVAILABLE", "The connection is not known here.");
    return door;
  }
}

/**
 * Whether a packet counts here: all that Socket.IO answers or works on by itself, such as a request for a namespace that
 * does not exist. Events are counted where they can be refused with an answer.
 */
function isCounted({ type, data }: { type: string; data?: unknown }): boolean {
  if (type !== "message" || typeof data !== "string") return false;
  return !data.startsWith(EVENT) && !data.startsWith(BINARY_EVENT);
}
