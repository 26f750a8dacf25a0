import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "@mirrorbook/kernel";
import { type WebSocket, WebSocketServer } from "ws";
import type { Faults } from "../faults/faults.ts";
import type { Limits } from "../limits.ts";
import { RateWindow } from "../rate-window.ts";
import { type BinanceError, refusalError } from "../rest/binance-error.ts";
import { Connection } from "./connection.ts";
import { answerCommand } from "./stream-commands.ts";
import type { StreamHub } from "./stream-hub.ts";

interface Target {
  readonly combined: boolean;
  readonly streams: readonly string[];
}

/** Accepts WebSocket connections at `/ws`, `/ws/<stream>` and `/stream?streams=a/b`. */
export class StreamServer {
  private readonly hub: StreamHub;
  private readonly faults: Faults;
  private readonly limits: Limits;
  private readonly clock: Clock;
  private readonly sockets: WebSocketServer;
  private readonly attempts: RateWindow;
  private lastId = 0;

  constructor(parts: {
    server: Server;
    hub: StreamHub;
    faults: Faults;
    limits: Limits;
    clock: Clock;
  }) {
    this.hub = parts.hub;
    this.faults = parts.faults;
    this.limits = parts.limits;
    this.clock = parts.clock;
    this.attempts = new RateWindow(
      parts.limits.connectAttemptsMax,
      parts.limits.connectAttemptsWindowMs,
    );
    this.sockets = new WebSocketServer({
      noServer: true,
      maxPayload: parts.limits.inboundMessageMaxBytes,
      perMessageDeflate: false,
      autoPong: false,
    });
    parts.server.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const target = parseTarget(request.url ?? "/");
    const refused = this.refusal(target);
    if (refused !== undefined) refuseUpgrade(socket, refused);
    else this.sockets.handleUpgrade(request, socket, head, (ws) => this.accept(ws, target!));
  }

  private refusal(target: Target | undefined): BinanceError | undefined {
    const fault = this.faults.takeRefusal("stream");
    if (fault !== undefined) return refusalError(fault.status, fault.retryAfterSeconds);
    if (!this.attempts.admits(this.clock.monotonicMs())) return refusalError(429, 300);
    if (this.hub.connections.size >= this.limits.connectionsMax) return refusalError(503, 0);
    if (target === undefined) return { httpStatus: 404, code: 0, msg: "Not found." };
    if (target.streams.length <= this.limits.streamsPerConnectionMax) return undefined;
    return { httpStatus: 400, code: 2, msg: "Too many streams." };
  }

  private accept(socket: WebSocket, target: Target): void {
    const { combined, streams } = target;
    const { limits, clock } = this;
    const connection = new Connection({ id: ++this.lastId, socket, combined, limits, clock });
    const client = this.hub.client(connection);
    this.hub.add(connection);
    connection.listen({
      onText: (text) => connection.send(answerCommand(client, text)),
      onGone: () => this.hub.remove(connection),
    });
    this.hub.subscribe(connection, streams);
  }
}

/** Reads the wanted streams from the address; nothing for an address that is no stream endpoint. */
function parseTarget(url: string): Target | undefined {
  const { pathname, searchParams } = new URL(url, "http://market-sim");
  const path = decodeURIComponent(pathname).replace(/\/$/, "");
  if (path === "/stream") {
    const streams = (searchParams.get("streams") ?? "").split("/").filter((name) => name !== "");
    return { combined: true, streams };
  }
  if (path === "/ws") return { combined: false, streams: [] };
  if (!path.startsWith("/ws/")) return undefined;
  return { combined: false, streams: path.slice("/ws/".length).split("/") };
}

function refuseUpgrade(socket: Duplex, error: BinanceError): void {
  const body = JSON.stringify({ code: error.code, msg: error.msg });
  const retryAfter =
    error.retryAfterSeconds === undefined ? "" : `Retry-After: ${error.retryAfterSeconds}\r\n`;
  socket.end(
    `HTTP/1.1 ${error.httpStatus} ${STATUS_CODES[error.httpStatus] ?? ""}\r\n` +
      "Content-Type: application/json\r\nConnection: close\r\n" +
      `${retryAfter}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
