import { connect, type Socket as TcpSocket } from "node:net";
import { expect, test } from "@jest/globals";
import { type DialectName, rooms, type UserEvent } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import { type FanoutCluster, type Node, seqs, startCluster } from "./support/cluster.ts";
import { balanceEvent, bookUpdate, bookView } from "./support/events.ts";

const BOOK = rooms.book("BTCUSDT", 20);
const KILOBYTE = 1024;

/** A plain WebSocket client that reads only when it is told to. */
async function stalledClient(node: Node, dialect: DialectName, user: string): Promise<TcpSocket> {
  const socket = connect({ port: node.port, host: "127.0.0.1" });
  socket.write(
    `GET /ws?user=${user}&dialect=${dialect} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n` +
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  socket.pause();
  await eventually(() => expect(node.members.some(({ userId }) => userId === user)).toBe(true));
  return socket;
}

/** An event too large to be many: the kernel takes a few megabytes before a backlog shows. */
const largeEvent = (seq: number): UserEvent => {
  const event = balanceEvent(seq);
  return [event[0], { ...event[1], reason: "x".repeat(64 * KILOBYTE) }] as UserEvent;
};

/** A Socket.IO client whose TCP socket is no longer read. */
async function stalledSocketIo(
  cluster: FanoutCluster,
  node: Node,
  user: string,
): Promise<TcpSocket> {
  const { socket } = await cluster.socketIo(node, { user });
  const { transport } = socket.io.engine as unknown as {
    transport: { ws: { _socket: TcpSocket } };
  };
  return transport.ws._socket.pause();
}

async function stallUser(
  cluster: FanoutCluster,
  node: Node,
  kind: "plain" | "websocket" = "plain",
) {
  const socket =
    kind === "plain"
      ? await stalledClient(node, "events", "sleeper")
      : await stalledSocketIo(cluster, node, "sleeper");
  const member = node.members.find(({ userId }) => userId === "sleeper")!;
  const room = rooms.user("sleeper");
  await node.hub.join(member, [room, BOOK]);
  await node.hub.open(member, room, 0);
  await node.hub.open(member, BOOK);
  let seq = 0;
  const sendUntil = async (done: () => boolean) => {
    for (; !done() && seq < 1_000; ) {
      seq++;
      cluster.leader.record("sleeper", largeEvent(seq));
      node.hub.deliver(room, [largeEvent(seq)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { socket, member, sendUntil, sent: () => seq };
}

test.each(["plain", "websocket"] as const)(
  "a stopped %s reader is cut as slow_consumer at a bounded backlog, and slows nobody",
  async (kind) => {
    await using cluster = await startCluster();
    const limits = {
      conflateAboveBytes: 128 * KILOBYTE,
      disconnectAboveBytes: 512 * KILOBYTE,
      closeGraceMs: 50,
    };
    const node = await cluster.node({ limits });
    cluster.leader.setBook(bookView(1, [["100.00", "1"]], []));
    const quick = await cluster.socketIo(node);
    await node.hub.join(quick.member, [BOOK]);
    await node.hub.open(quick.member, BOOK);
    const { socket, member, sendUntil } = await stallUser(cluster, node, kind);
    let mostBytes = 0;
    let bookSeq = 1;
    await sendUntil(() => {
      mostBytes = Math.max(mostBytes, member.backlogBytes());
      cluster.leader.publishUpdate(bookUpdate(++bookSeq, ["100.00", String(bookSeq)]));
      return node.disconnected.length > 0;
    });
    expect(node.disconnected).toEqual(["slow_consumer"]);
    expect(mostBytes).toBeLessThan(limits.disconnectAboveBytes + 80 * KILOBYTE);
    await eventually(() => expect([...node.hub.members()]).toEqual([quick.member]));
    await eventually(() =>
      expect(seqs(quick)).toEqual(Array.from({ length: bookSeq }, (_, i) => i + 1)),
    );
    expect(node.hub.counters()).toContainEqual(
      expect.objectContaining({ transport: kind, slowDisconnects: 1 }),
    );
    socket.destroy();
  },
);

test("a slow reader gets every event of its own, and of a book the latest view once it has drained", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({ limits: { disconnectAboveBytes: 1_000 * KILOBYTE } });
  cluster.leader.setBook(bookView(1, [["100.00", "1"]], []));
  const { socket, member, sendUntil, sent } = await stallUser(cluster, node);
  await sendUntil(() => member.slow);
  for (let seq = 2; seq <= 50; seq++) {
    cluster.leader.recordUpdate(bookUpdate(seq, ["100.00", String(seq)]));
    node.hub.deliver(BOOK, [["orderbook:update", bookUpdate(seq, ["100.00", String(seq)])]]);
  }
  expect(member.conflatedPackets).toBe(49);
  const text: Buffer[] = [];
  socket.on("data", (data: Buffer) => text.push(data));
  socket.resume();
  await eventually(() => expect(member.slow).toBe(false));
  node.hub.deliver(rooms.user("sleeper"), [balanceEvent(sent() + 1)]);
  await eventually(() => {
    const received = Buffer.concat(text).toString("latin1");
    const own = [...received.matchAll(/"seq":(\d+),"timestamp":"[^"]+","account"/g)];
    expect(own.map(([, seq]) => Number(seq))).toEqual(
      Array.from({ length: sent() + 1 }, (_, i) => i + 1),
    );
    const books = [...received.matchAll(/"depth":20,"seq":(\d+)/g)];
    expect(books.map(([, seq]) => Number(seq))).toEqual([1, 50]);
  });
  expect(node.disconnected).toEqual([]);
  socket.destroy();
});

test("a reader that stays slow too long is disconnected even below the byte limit", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({
    limits: { slowForMs: 100, slowCheckMs: 10, disconnectAboveBytes: 1_000 * KILOBYTE },
  });
  const { socket, member, sendUntil } = await stallUser(cluster, node);
  await sendUntil(() => member.slow);
  await eventually(() => expect(node.disconnected).toEqual(["slow_consumer"]));
  socket.destroy();
});

test("a Socket.IO client that is disconnected learns the code first", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const client = await cluster.socketIo(node);
  const plain = await cluster.webSocket(node);
  const closed = new Promise((resolve) =>
    plain.socket.on("close", (code, reason) => resolve([code, String(reason)])),
  );
  node.hub.send(client.member, [balanceEvent(1)]);
  node.hub.disconnect(client.member, "session_revoked");
  node.hub.disconnect(plain.member, "draining");
  await eventually(() => expect(client.socket.connected).toBe(false));
  expect(client.messages).toEqual([
    balanceEvent(1),
    ["error", { code: "session_revoked", message: expect.any(String), retry: false }],
  ]);
  expect(await closed).toEqual([4004, "draining"]);
});
