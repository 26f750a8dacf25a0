/** A Socket.IO client over WebSocket that costs the machine as little as possible: frames in, frames out, no objects. */
import { connect, type Socket } from "node:net";

export interface RawClientOptions {
  /** This machine when left out. */
  readonly host?: string;
  readonly port: number;
  /** The handshake's `auth`. */
  readonly auth: object;
  /** Every Socket.IO packet: `start` and `end` of its text in `data`, which is the client's only until it returns. */
  readonly onPacket: (data: Buffer, start: number, end: number) => void;
  /** The connection is gone, and not because the client closed it. */
  readonly onLost?: () => void;
}

const PATH = "/socket.io/?EIO=4&transport=websocket";
const OPCODE_TEXT = 1;
const [OPEN, PING, MESSAGE, CONNECTED, REFUSED] = [48, 50, 52, 48, 52];

export class RawClient {
  readonly #socket: Socket;
  readonly #options: RawClientOptions;
  readonly #connected = Promise.withResolvers<void>();
  #rest: Buffer | null = null;
  #upgraded = false;
  #closed = false;

  private constructor(options: RawClientOptions) {
    this.#options = options;
    const { host = "127.0.0.1", port } = options;
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.on("error", this.#connected.reject);
    this.#socket.on("close", () => this.#onClose());
    this.#socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#socket.write(
      `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
  }

  /** Settles when the server has let the client in. @throws what it refused with. */
  static async open(options: RawClientOptions): Promise<RawClient> {
    const client = new RawClient(options);
    await client.#connected.promise;
    return client;
  }

  /** Sends one Engine.IO packet, e.g. `42["subscribe",…]`; those of one tick leave in one write. */
  send(text: string): void {
    this.#socket.cork();
    this.#socket.write(maskedFrame(text));
    process.nextTick(() => this.#socket.uncork());
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #onClose(): void {
    this.#connected.reject(new Error("the connection was closed before the welcome"));
    if (!this.#closed) this.#options.onLost?.();
  }

  #onData(chunk: Buffer): void {
    let data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#upgraded) {
      const end = data.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#rest = data;
        return;
      }
      this.#upgraded = true;
      data = data.subarray(end + 4);
    }
    let at = 0;
    while (data.length - at >= 2) {
      const short = data[at + 1]! & 0x7f;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length - at < header) break;
      const length =
        short < 126
          ? short
          : short === 126
            ? data.readUInt16BE(at + 2)
            : Number(data.readBigUInt64BE(at + 2));
      if (data.length - at < header + length) break;
      const start = at + header;
      if ((data[at]! & 0x0f) === OPCODE_TEXT) this.#onText(data, start, start + length);
      at = start + length;
    }
    this.#rest = at < data.length ? data.subarray(at) : null;
  }

  #onText(data: Buffer, start: number, end: number): void {
    const [kind, packet] = [data[start], data[start + 1]];
    if (kind === OPEN) this.send(`40${JSON.stringify(this.#options.auth)}`);
    else if (kind === PING) this.send("3");
    else if (kind === MESSAGE && packet === CONNECTED) this.#connected.resolve();
    else if (kind === MESSAGE && packet === REFUSED) {
      this.#connected.reject(new Error(data.toString("utf8", start, end)));
    } else if (kind === MESSAGE) this.#options.onPacket(data, start, end);
  }
}

/** A text frame with an all-zero mask: what a client must send, at the least cost. */
function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? [0x81, 0x80 | payload.length]
      : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}
