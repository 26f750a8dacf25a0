/**
 * The gateway of the BullMQ case: `bullmq-gateway.ts <redis port>`. An `order:place` becomes a job, the job's return value
 * the acknowledgement; user events come through the same hub as in the real gateway.
 *
 * One listener for all completions, not `job.waitUntilFinished` per job, which asks Redis once more for each.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Hub, type SubscriberClient } from "@mirrorbook/fanout";
import { PlaceOrder, rooms } from "@mirrorbook/protocol";
import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { ORDERS_QUEUE, type OrderJob } from "./bullmq-job.ts";

const port = Number(process.argv[2]);
const connect = () => new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null });

const http = createServer();
const io = new Server(http, { serveClient: false, transports: ["websocket"] });
const hub = new Hub({
  io,
  publisher: connect(),
  subscriber: connect() as unknown as SubscriberClient,
  sources: {
    readBook: async () => null,
    readUserEvents: async () => ({ kind: "events", events: [] }),
  },
});
const queue = new Queue<OrderJob>(ORDERS_QUEUE, { connection: connect() });
const events = new QueueEvents(ORDERS_QUEUE, { connection: connect() });
await events.waitUntilReady();

const waiting = new Map<string, (answer: unknown) => void>();
events.on("completed", ({ jobId, returnvalue }) => settle(jobId, returnvalue));
events.on("failed", ({ jobId, failedReason }) => settle(jobId, { ok: false, failedReason }));

function settle(jobId: string, answer: unknown): void {
  waiting.get(jobId)?.(answer);
  waiting.delete(jobId);
}

let jobs = 0;

async function place(userId: string, body: unknown): Promise<unknown> {
  const { clientOrderId, pair, side, type, quantity } = PlaceOrder.parse(body);
  const jobId = `job-${jobs++}`;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  waiting.set(jobId, resolve);
  const job = { userId, key: clientOrderId!, symbol: pair, side, type, quantity: quantity! };
  await queue.add("order:place", job, { jobId, removeOnComplete: true, removeOnFail: true });
  return promise;
}

io.on("connection", async (socket) => {
  const userId = String(socket.handshake.auth.token);
  const member = hub.addSocketIo(socket, { userId, roles: [], dialect: "events" });
  socket.on("order:place", async (body: unknown, acknowledge: (answer: unknown) => void) =>
    acknowledge(await place(userId, body)),
  );
  await hub.join(member, [rooms.user(userId)]);
  await hub.open(member, rooms.user(userId), 0);
});

http.listen(0, "127.0.0.1", () => process.send?.({ port: (http.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
