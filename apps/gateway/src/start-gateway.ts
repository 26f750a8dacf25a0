import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "@mirrorbook/kernel";
import type { Registry } from "prom-client";
import { assembleGateway } from "./assemble.ts";
import type { GatewayConfig } from "./config.ts";
import { boundTcpConnections } from "./limits/tcp-connections.ts";
import { createLogger, type Logger } from "./logger.ts";
import { openRedisLinks } from "./redis-links.ts";

export { type GatewayConfig, readConfig } from "./config.ts";

/** A client that sends slowly holds a socket no longer than this; idle ones stay longer than a proxy keeps them. */
const HTTP_TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2_000,
};
const HTTP_SILENCE_MS = 120_000;

export interface GatewayDeps {
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Opens the connections to Redis; they are the gateway's own from then on. */
  readonly openLinks?: typeof openRedisLinks;
  /** Where the gateway's metrics go; its own registry otherwise. */
  readonly registry?: Registry;
  /** An HTTP connection on which nothing moves for so long is cut; a long poll waits 25 s at most. */
  readonly httpSilenceMs?: number;
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  /** Of the second port that speaks the rooms dialect, when there is one. */
  readonly roomsUrl: string | null;
  /** Of `/metrics` for operators, when it has a port of its own. */
  readonly healthPort: number | null;
  /** Stops as an operator would: members are asked to leave, commands in flight are finished. */
  close(): Promise<void>;
}

/**
 * Starts a gateway; resolves when it takes connections. Any number may run in one process.
 *
 * @throws {Error} when Redis cannot be reached or a port is taken.
 */
export async function startGateway(
  config: GatewayConfig,
  deps: GatewayDeps = {},
): Promise<RunningGateway> {
  const log = deps.log ?? createLogger({ level: config.LOG_LEVEL, node: config.NODE_ID });
  const http = createServer(HTTP_TIMEOUTS);
  const roomsHttp =
    config.WS_PORT === undefined ? null : createServer(HTTP_TIMEOUTS, upgradeRequired);
  for (const server of [http, roomsHttp]) {
    if (server === null) continue;
    server.timeout = deps.httpSilenceMs ?? HTTP_SILENCE_MS;
    guard(server, config);
  }
  const gateway = await assembleGateway({
    config,
    log,
    clock: deps.clock ?? systemClock,
    registry: deps.registry,
    openLinks: deps.openLinks ?? openRedisLinks,
    http,
    roomsHttp,
  });
  try {
    const url = await listen(http, config.PORT, config.HOST, "http");
    const roomsUrl =
      roomsHttp === null ? null : await listen(roomsHttp, config.WS_PORT!, config.HOST, "ws");
    log.info({ url, roomsUrl }, "Gateway takes connections");
    const close = () => gateway.close();
    const { healthPort } = gateway;
    return { url, roomsUrl, healthPort, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

function guard(server: HttpServer, config: GatewayConfig): void {
  boundTcpConnections(server, {
    connectionsMax: config.CONNECTIONS_MAX,
    perAddressMax: config.CONNECTIONS_PER_ADDRESS_MAX,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  });
}

/** Starts listening and tells where. A wildcard address is told as the loopback one. @throws when the port is taken. */
async function listen(
  server: HttpServer,
  port: number,
  host: string,
  scheme: "http" | "ws",
): Promise<string> {
  server.listen(port, host);
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `${scheme}://${shown}:${actual}`;
}

/** What a plain HTTP request to the WebSocket port gets. */
function upgradeRequired(...[, response]: Parameters<Parameters<typeof createServer>[1] & {}>) {
  response.writeHead(426, { "Content-Type": "text/plain", Upgrade: "websocket" });
  response.end("This port speaks WebSocket.\n");
}
