/** One of the servers that `bench/fanout.ts` and `bench/memory.ts` compare: `server.ts <case> <redis port>`. */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { Hub, type SubscriberClient } from "@mirrorbook/fanout";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";
import { ROOMS } from "./load.ts";

const [, , kind, redisPort] = process.argv;
const http = createServer();
const redis = () => new Redis(Number(redisPort), "127.0.0.1");
const SOCKET_IO = { serveClient: false, transports: ["websocket"] as const };

/** Ours: the hub, as the gateway uses it; every connection is authenticated and follows its books. */
function startOurs(rooms: readonly string[]): void {
  const io = new Server(http, { ...SOCKET_IO, transports: ["websocket"] });
  const hub = new Hub({
    io,
    publisher: redis(),
    subscriber: redis() as unknown as SubscriberClient,
    sources: {
      readBook: async () => null,
      readUserEvents: async () => ({ kind: "events", events: [] }),
    },
  });
  io.use(authenticate);
  io.on("connection", async (socket) => {
    const identity = { userId: socket.data.userId, roles: [], dialect: "events" } as const;
    const member = hub.addSocketIo(socket, identity);
    await hub.join(member, rooms);
    for (const room of rooms) await hub.open(member, room);
  });
}

/** Socket.IO with the sharded adapter, as its documentation has it. */
function startStock(rooms: readonly string[]): void {
  const io = new Server(http, { ...SOCKET_IO, transports: ["websocket"] });
  io.adapter(createShardedAdapter(redis(), redis()));
  io.use(authenticate);
  io.on("connection", (socket) => void socket.join([...rooms]));
}

function authenticate(socket: import("socket.io").Socket, next: () => void): void {
  socket.data.userId = `user-${socket.id}`;
  next();
}

interface SenderInside {
  frame(data: Buffer, options: object): Buffer[];
}

/** The least a WebSocket server can do in Node: one prepared frame per message, written to every socket. */
async function startPrepared(): Promise<void> {
  const { Sender } = createRequire(import.meta.url)("ws") as { Sender: SenderInside };
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const subscriber = redis();
  for (const room of ROOMS) await subscriber.ssubscribe(`prepared:${room}`);
  subscriber.on("smessageBuffer", (_channel: Buffer, message: Buffer) => {
    const options = { fin: true, opcode: 1, mask: false, rsv1: false, readOnly: false };
    const frame = Sender.frame(message, options);
    for (const client of server.clients) {
      const { _sender } = client as unknown as { _sender: { sendFrame(frame: Buffer[]): void } };
      _sender.sendFrame(frame);
    }
  });
}

const starts: Record<string, () => unknown> = {
  ours: () => startOurs(ROOMS),
  stock: () => startStock(ROOMS),
  "ours, one book": () => startOurs(ROOMS.slice(0, 1)),
  "stock, one book": () => startStock(ROOMS.slice(0, 1)),
  prepared: startPrepared,
};

http.on("connection", (socket: TcpSocket) => socket.setNoDelay(true));
await starts[kind!]!();
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  process.send?.({ port: (http.address() as AddressInfo).port });
});
/** Garbage of the connecting phase is not memory per connection: several rounds, so that emptied pages go back. */
process.on("message", async () => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.send?.({ collected: true });
});
process.on("disconnect", () => process.exit(0));
