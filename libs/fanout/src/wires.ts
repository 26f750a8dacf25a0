import { DISCONNECTS, type DisconnectCode } from "@mirrorbook/protocol";
import type { Socket } from "socket.io";
import type { WebSocket } from "ws";
import { socketIoPacket, type WireFormat } from "./frames.ts";
import type { Rope } from "./packet.ts";
import {
  destroyEngineConnection,
  directEngineSocket,
  directWebSocket,
  type EngineConnection,
  engineBacklogBytes,
  engineConnection,
} from "./socket-io-internals.ts";
import type { Transport } from "./types.ts";

/** How a member's bytes reach it. */
export interface Wire {
  readonly format: WireFormat;
  readonly transport: Transport;
  readonly isOpen: boolean;
  backlogBytes(): number;
  /**
   * Writes one tick's messages, in a single write where the socket is free, queued in order otherwise.
   * Returns the backlog after it.
   */
  write(rope: Rope): number;
  /** Tells the client why, then closes. */
  close(code: DisconnectCode): void;
  /** Ends it at once. */
  destroy(): void;
}

export class SocketIoWire implements Wire {
  readonly format = "socket.io";
  readonly #socket: Socket;
  readonly #connection: EngineConnection;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#connection = engineConnection(socket);
  }

  get transport(): Transport {
    return this.#connection.transport.name === "websocket" ? "websocket" : "polling";
  }

  get isOpen(): boolean {
    return this.#connection.readyState === "open";
  }

  backlogBytes(): number {
    return engineBacklogBytes(this.#connection);
  }

  write(rope: Rope): number {
    const direct = directEngineSocket(this.#connection);
    if (direct !== null) {
      direct.write(rope.buffer);
      return direct.writableLength;
    }
    for (const text of rope.texts()) this.#connection.write(text);
    return this.backlogBytes();
  }

  close(code: DisconnectCode): void {
    const { retry, message } = DISCONNECTS[code];
    this.#connection.write(socketIoPacket("error", { code, message, retry }));
    this.#socket.disconnect(true);
  }

  destroy(): void {
    destroyEngineConnection(this.#connection);
  }
}

export class WebSocketWire implements Wire {
  readonly format = "plain";
  readonly transport = "plain";
  readonly #webSocket: WebSocket;
  /** Negotiated in the handshake: with an extension such as compression, only `ws` can make the frames. */
  readonly #hasExtensions: boolean;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    this.#hasExtensions = webSocket.extensions !== "";
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  backlogBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  write(rope: Rope): number {
    const direct = this.#hasExtensions ? null : directWebSocket(this.#webSocket);
    if (direct !== null) {
      direct.write(rope.buffer);
      return direct.writableLength;
    }
    for (const text of rope.texts()) this.#webSocket.send(text);
    return this.backlogBytes();
  }

  close(code: DisconnectCode): void {
    this.#webSocket.close(DISCONNECTS[code].closeCode, code);
  }

  destroy(): void {
    this.#webSocket.terminate();
  }
}
