/** The contract with what our libraries do not promise: fails when an upgrade changes it. */
import { createRequire } from "node:module";
import type { Socket as TcpSocket } from "node:net";
import { expect, test } from "@jest/globals";
import { BATCH_PACKET, rooms } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import type { Socket } from "socket.io";
import type { WebSocket } from "ws";
import { textFrame } from "../src/frames.ts";
import {
  directWebSocket,
  engineBacklogBytes,
  engineConnection,
  isEngineIdle,
  takePackets,
  tcpSocketUnder,
} from "../src/socket-io-internals.ts";
import { type Node, startCluster } from "./support/cluster.ts";
import { balanceEvent, tapeEvent } from "./support/events.ts";

const require = createRequire(import.meta.url);
const serverSocket = (node: Node, id: string): Socket => node.io.sockets.sockets.get(id)!;

/** The TCP socket the hub would write to, once Engine.IO's own greeting is through. */
async function tcpSocketOf(node: Node, id: string): Promise<TcpSocket> {
  const connection = engineConnection(serverSocket(node, id));
  await eventually(() => expect(isEngineIdle(connection)).toBe(true));
  const socket = tcpSocketUnder(connection.transport);
  expect(socket?.remotePort).toBeGreaterThan(0);
  return socket!;
}

/** Records what is written to a TCP socket, write by write. */
function recordWrites(socket: TcpSocket): Buffer[] {
  const writes: Buffer[] = [];
  const write = socket.write.bind(socket);
  socket.write = ((data: Buffer, ...rest: []) => {
    writes.push(Buffer.from(data));
    return write(data, ...rest);
  }) as typeof socket.write;
  return writes;
}

test("the adapter has the methods that batches are taken from", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const adapter = node.io.of("/").adapter as unknown as Record<string, unknown>;
  expect(adapter).toMatchObject({
    uid: expect.any(String),
    onMessage: expect.any(Function),
    onRawMessage: expect.any(Function),
  });
  const { dynamicChannel } = adapter as { dynamicChannel(room: string): string };
  expect(dynamicChannel.call(adapter, "user:{a}")).toBe("socket.io#/#user:{a}#");
});

test("a WebSocket connection offers its TCP socket while it is free, a polling one does not", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const webSocket = await cluster.socketIo(node);
  const polling = await cluster.socketIo(node, {}, ["polling"]);
  const plain = await cluster.webSocket(node);
  await tcpSocketOf(node, webSocket.member.id);
  const pollingConnection = engineConnection(serverSocket(node, polling.member.id));
  expect(tcpSocketUnder(pollingConnection.transport)).toBeNull();
  const [inside] = [...node.webSockets.clients] as unknown as WebSocket[];
  expect(directWebSocket(inside!)!.remotePort).toBeGreaterThan(0);
  plain.socket.close();
});

test("a compressing connection is left to Socket.IO, and gets the same", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({ io: { perMessageDeflate: { threshold: 0 } } });
  const client = await cluster.socketIo(node);
  const { transport } = engineConnection(serverSocket(node, client.member.id));
  expect(tcpSocketUnder(transport)).toBeNull();
  node.hub.send(client.member, [tapeEvent(1)]);
  await eventually(() => expect(client.messages).toEqual([tapeEvent(1)]));
});

test("a plain WebSocket that compresses is left to ws, and gets the same", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({ perMessageDeflate: true });
  const client = await cluster.webSocket(node);
  node.hub.sendMessages(client.member, [{ name: "hello", body: { type: "hello" } }]);
  await eventually(() => expect(client.messages).toEqual([{ type: "hello" }]));
  expect(client.socket.extensions).toContain("permessage-deflate");
});

test("the hub writes the very bytes that stock Socket.IO would write", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const client = await cluster.socketIo(node);
  const room = rooms.tape("BTCUSDT");
  await node.hub.join(client.member, [room]);
  const writes = recordWrites(await tcpSocketOf(node, client.member.id));

  const [name, payload] = tapeEvent(1);
  const event = [name, { ...payload, note: "ünïcode → 漢字" }] as const;
  node.io.local.to(room).emit(...event);
  const stock = Buffer.concat(writes.splice(0));
  cluster.leader.publish(room, [event]);
  await eventually(() => expect(writes).toHaveLength(1));
  expect(writes[0]).toEqual(stock);
  await eventually(() => expect(client.messages).toEqual([event, event]));
});

test.each([0, 1, 125, 126, 65_535, 65_536, 70_000])(
  "a frame of %d bytes is the frame that ws makes",
  (length) => {
    const { Sender } = require("ws") as {
      Sender: { frame(data: Buffer, options: object): Buffer[] };
    };
    const text = "x".repeat(length);
    const options = { fin: true, opcode: 1, mask: false, rsv1: false, readOnly: false };
    const frame = Buffer.concat(Sender.frame(Buffer.from(text), options));
    expect(textFrame(text).equals(frame)).toBe(true);
  },
);

test("Engine.IO is not idle while a packet of its own is under way", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const client = await cluster.socketIo(node);
  await tcpSocketOf(node, client.member.id);
  const socket = serverSocket(node, client.member.id);
  socket.emit("answer", 1);
  expect(isEngineIdle(engineConnection(socket))).toBe(false);
  await eventually(() => expect(isEngineIdle(engineConnection(socket))).toBe(true));
});

test("what Engine.IO has queued is counted, where ws reports nothing", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const client = await cluster.socketIo(node, {}, ["polling"]);
  const socket = serverSocket(node, client.member.id);
  const text = "x".repeat(10_000);
  for (let i = 0; i < 5; i++) socket.emit("filler", text); // in one tick: only the first finds a poll waiting
  expect(engineBacklogBytes(engineConnection(socket))).toBeGreaterThan(4 * text.length);
});

test("all that arrives in one tick leaves in one write per member", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const pairs = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"].map(rooms.tape);
  const client = await cluster.socketIo(node);
  const plain = await cluster.webSocket(node);
  await node.hub.join(client.member, pairs);
  await node.hub.join(plain.member, pairs);
  const writes = recordWrites(await tcpSocketOf(node, client.member.id));
  const plainWrites = recordWrites(directWebSocket([...node.webSockets.clients][0] as never)!);
  for (const [index, room] of pairs.entries()) node.hub.deliver(room, [tapeEvent(index + 1)]);
  await eventually(() => {
    expect(client.messages).toHaveLength(5);
    expect(plain.messages).toHaveLength(5);
  });
  expect(writes).toHaveLength(1);
  expect(plainWrites).toHaveLength(1);
  expect(node.hub.counters()).toContainEqual(
    expect.objectContaining({ dialect: "events", transport: "websocket", messages: 5, writes: 1 }),
  );
});

test("a user's batch passes the adapter as it is, and is read no more than its members need", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const { adapter } = node.io.of("/") as unknown as { adapter: { onMessage: unknown } };
  const read: unknown[] = [];
  adapter.onMessage = (message: unknown) => read.push(message);
  const client = await cluster.socketIo(node, { user: "alice" });
  const room = rooms.user("alice");
  await node.hub.join(client.member, [room]);
  await node.hub.open(client.member, room);
  cluster.leader.publishUser("alice", balanceEvent(1), balanceEvent(2));
  await eventually(() => expect(client.messages).toEqual([balanceEvent(1), balanceEvent(2)]));
  expect(read).toEqual([]);
});

test.each(["websocket", "polling"])(
  "over %s, packets are taken with the number that their acknowledgement has to carry",
  async (transport) => {
    await using cluster = await startCluster();
    const node = await cluster.node();
    const client = await cluster.socketIo(node, {}, [transport]);
    const taken: unknown[] = [];
    takePackets(serverSocket(node, client.member.id), (name, body, id) => {
      taken.push([name, body, id === null]);
      if (id !== null) node.hub.acknowledge(client.member, id, '{"ok":true,"value":"₿"}');
    });
    client.socket.emit("without", 1, { a: 2 });
    expect(await client.socket.emitWithAck("with")).toEqual({ ok: true, value: "₿" });
    expect(taken).toEqual([
      ["without", [1, { a: 2 }], true],
      ["with", [], false],
    ]);
  },
);

test("a batch that a stock adapter would deliver as such never reaches a client", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const client = await cluster.socketIo(node);
  const room = rooms.tape("BTCUSDT");
  await node.hub.join(client.member, [room]);
  cluster.leader.publish(room, [tapeEvent(1)]);
  await eventually(() => expect(client.messages).toHaveLength(1));
  expect(client.messages.map(([name]) => name)).not.toContain(BATCH_PACKET);
});
