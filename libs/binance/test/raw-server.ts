import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

const INFO = {
  symbols: [
    { symbol: "ABUSDT", status: "TRADING", baseAsset: "AB", quoteAsset: "USDT", filters: [] },
  ],
};

export interface RawServer extends AsyncDisposable {
  readonly url: string;
  readonly wsUrl: string;
  /** Handshakes begun so far. */
  upgrades(): number;
}

/** A server that knows the market ABUSDT and does with WebSocket handshakes whatever `onUpgrade` does. */
export async function serveRaw(
  onUpgrade: (request: IncomingMessage, socket: Duplex) => void,
): Promise<RawServer> {
  const sockets: Duplex[] = [];
  const server = createServer((request, response) => {
    response.statusCode = request.url?.includes("exchangeInfo") ? 200 : 503;
    response.end(JSON.stringify(response.statusCode === 200 ? INFO : { code: -1, msg: "no" }));
  });
  server.on("upgrade", (request, socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    onUpgrade(request, socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}/ws`,
    upgrades: () => sockets.length,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** RFC 6455, section 4.2.2. */
export function acceptHandshake(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  const upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
  socket.write(`${upgrade}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
}

/** A text frame of fewer than 126 bytes. */
export function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, Buffer.byteLength(text)]), Buffer.from(text)]);
}
