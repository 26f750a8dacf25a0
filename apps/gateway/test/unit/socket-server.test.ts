import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { systemClock } from "@mirrorbook/kernel";
import type { RedisClient } from "@mirrorbook/store";
import { eventually } from "@mirrorbook/testkit";
import { pino } from "pino";
import { io as connect } from "socket.io-client";
import { ConnectionSeats } from "../../src/limits/connection-seats.ts";
import { MessageBudget } from "../../src/limits/token-bucket.ts";
import {
  createSocketServer,
  type SocketParts,
  serveSocketIo,
} from "../../src/sockets/socket-server.ts";

/** While a node drained, or Redis was away, each try of each client left a socket in Socket.IO's list of those to come. */
test("a refusal that closes the connection leaves nothing behind in Socket.IO", async () => {
  const log = pino({ level: "silent" });
  const limits = { connectionsMax: 10, perAddressMax: 10, perUserMax: 10, leaseMs: 60_000 };
  const noRedis = {} as RedisClient;
  const seats = await ConnectionSeats.start(noRedis, { node: "n", ...limits }, log);
  const settings = { payloadBytesMax: 1_000, trustedProxyHops: 0, allowedOrigins: [] };
  const io = createSocketServer(settings, seats);
  const http = createServer();
  const connections = { newBudget: () => new MessageBudget(100, systemClock) };
  // Nobody gets past the door, so what stands behind it is not needed.
  const parts = { io, http, settings, seats, connections, isDraining: () => true, log };
  serveSocketIo(parts as unknown as SocketParts);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  try {
    for (let i = 0; i < 3; i++) {
      const socket = connect(`http://127.0.0.1:${port}`, {
        transports: ["websocket"],
        reconnection: false,
        forceNew: true,
      });
      await new Promise<void>((resolve) => socket.io.once("close", () => resolve()));
    }
    const toCome = (io.of("/") as unknown as { _preConnectSockets: Map<string, unknown> })
      ._preConnectSockets;
    await eventually(() => expect([toCome.size, seats.total]).toEqual([0, 0]));
  } finally {
    await io.close();
    await seats.close();
  }
});
