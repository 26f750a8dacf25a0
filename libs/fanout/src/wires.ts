import type { Socket as TcpSocket } from "node:net";
import { DISCONNECTS, type DisconnectCode } from "@mirrorbook/protocol";
import type { Socket } from "socket.io";
import type { WebSocket } from "ws";
import { socketIoPacket, type WireFormat } from "./frames.ts";
import type { Rope } from "./packet.ts";
import {
  destroyEngineConnection,
  directWebSocket,
  type EngineConnection,
  type EngineTransport,
  engineBacklogBytes,
  engineConnection,
  isEngineIdle,
  tcpSocketUnder,
} from "./socket-io-internals.ts";
import type { Transport } from "./types.ts";

/** How a member's bytes reach it. */
export interface Wire {
  readonly format: WireFormat;
  readonly transport: Transport;
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
  /** What `#tcpSocket` was looked up for: the transport changes once when polling is upgraded. */
  #transport: EngineTransport | null = null;
  #tcpSocket: TcpSocket | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#connection = engineConnection(socket);
  }

  get transport(): Transport {
    return this.#connection.transport.name === "websocket" ? "websocket" : "polling";
  }

  backlogBytes(): number {
    return engineBacklogBytes(this.#connection);
  }

  write(rope: Rope): number {
    const direct = this.#directSocket();
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
    // A stock client comes back by itself after a lost connection, but never after a disconnect by the server.
    if (retry) this.#connection.close();
    else this.#socket.disconnect(true);
  }

  destroy(): void {
    destroyEngineConnection(this.#connection);
  }

  /** The socket to write to past Engine.IO; `null` when Engine.IO has to do it. On the hottest path: few lookups. */
  #directSocket(): TcpSocket | null {
    const connection = this.#connection;
    if (this.#transport !== connection.transport) {
      this.#transport = connection.transport;
      this.#tcpSocket = tcpSocketUnder(connection.transport);
    }
    const socket = this.#tcpSocket;
    return socket?.writable && isEngineIdle(connection) ? socket : null;
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
