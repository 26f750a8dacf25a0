import { expect, test } from "@jest/globals";
import { rooms } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import { seqs, startCluster } from "./support/cluster.ts";
import { balanceEvent, bookUpdate, bookView, tapeEvent } from "./support/events.ts";

const BOOK = rooms.book("BTCUSDT", 20);

test("one publication reaches members of every kind on both nodes, each in its own words", async () => {
  await using cluster = await startCluster();
  const [one, two] = [await cluster.node(), await cluster.node()];
  const room = rooms.tape("BTCUSDT");
  const events = await cluster.socketIo(one);
  const polling = await cluster.socketIo(two, {}, ["polling"]);
  const gateway = await cluster.socketIo(two, { dialect: "gateway" });
  const typed = await cluster.socketIo(one, { dialect: "typed" });
  const streams = await cluster.webSocket(two);
  for (const [node, { member }] of [
    [one, events],
    [two, polling],
    [two, gateway],
    [one, typed],
    [two, streams],
  ] as const) {
    await node.hub.join(member, [room]);
  }
  cluster.leader.publish(room, [tapeEvent(1), tapeEvent(2)]);
  await eventually(() => {
    expect(events.messages).toEqual([tapeEvent(1), tapeEvent(2)]);
    expect(polling.messages).toEqual(events.messages);
    expect(gateway.messages.map(([name]) => name)).toEqual(["trade:executed", "trade:executed"]);
    expect(streams.messages).toEqual([
      expect.objectContaining({
        type: "trade_executed",
        trade_id: "BTCUSDT-1",
        symbol: "BTC/USDT",
      }),
      expect.objectContaining({ type: "trade_executed", trade_id: "BTCUSDT-2" }),
    ]);
  });
  expect(typed.messages).toEqual([]);
  expect(polling.member.transport).toBe("polling");
});

test("a user's events arrive once and in order around a resume, on every connection", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const { leader } = cluster;
  const room = rooms.user("alice");
  leader.record("alice", ...[1, 2, 3].map((seq) => balanceEvent(seq)));
  const fresh = await cluster.socketIo(node, { user: "alice" });
  const resumed = await cluster.socketIo(node, { user: "alice" });
  await node.hub.join(fresh.member, [room]);
  await node.hub.join(resumed.member, [room]);
  leader.publishUser("alice", balanceEvent(4));
  expect(await node.hub.open(fresh.member, room, 4)).toEqual({ kind: "live", recovered: 0 });
  expect(await node.hub.open(resumed.member, room, 1)).toEqual({ kind: "live", recovered: 3 });
  leader.publishUser("alice", balanceEvent(5), balanceEvent(6));
  await eventually(() => {
    expect(seqs(fresh)).toEqual([5, 6]);
    expect(seqs(resumed)).toEqual([2, 3, 4, 5, 6]);
  });
  expect(node.hub.positions()).toEqual([{ userId: "alice", seq: 6 }]);
});

test("what a broken path swallowed is read from the log before the next event goes out", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const room = rooms.user("alice");
  const client = await cluster.socketIo(node, { user: "alice" });
  await node.hub.join(client.member, [room]);
  await node.hub.open(client.member, room, 0);
  cluster.leader.publishUser("alice", balanceEvent(1));
  cluster.leader.record("alice", balanceEvent(2), balanceEvent(3)); // never published
  cluster.leader.publishUser("alice", balanceEvent(4));
  await eventually(() => expect(seqs(client)).toEqual([1, 2, 3, 4]));
});

test("a position check finds what was swallowed when nothing followed it", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const room = rooms.user("alice");
  const client = await cluster.socketIo(node, { user: "alice" });
  await node.hub.join(client.member, [room]);
  await node.hub.open(client.member, room, 0);
  cluster.leader.record("alice", balanceEvent(1));
  expect(node.hub.positions()).toEqual([{ userId: "alice", seq: 0 }]);
  node.hub.repair(room);
  await eventually(() => expect(seqs(client)).toEqual([1]));
  node.hub.deliver(room, [balanceEvent(1), balanceEvent(2)]); // twice is once
  await eventually(() => expect(seqs(client)).toEqual([1, 2]));
});

test("a member whose missed events are gone is told to reload, and goes on from there", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const room = rooms.user("alice");
  cluster.leader.record("alice", balanceEvent(8), balanceEvent(9));
  const client = await cluster.socketIo(node, { user: "alice" });
  await node.hub.join(client.member, [room]);
  expect(await node.hub.open(client.member, room, 3)).toEqual({ kind: "resync", seq: 9 });
  cluster.leader.publishUser("alice", balanceEvent(10));
  await eventually(() =>
    expect(client.messages).toEqual([
      ["resync", { reason: expect.any(String), seq: 9 }],
      balanceEvent(10),
    ]),
  );
});

test("a long absence is delivered in portions while live events wait", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node({ limits: { catchUpEventsMax: 10, heldEventsMax: 5 } });
  const room = rooms.user("alice");
  const all = Array.from({ length: 95 }, (_, index) => balanceEvent(index + 1));
  cluster.leader.record("alice", ...all);
  const client = await cluster.socketIo(node, { user: "alice" });
  await node.hub.join(client.member, [room]);
  const opened = node.hub.open(client.member, room, 0);
  for (let seq = 96; seq <= 120; seq++) cluster.leader.publishUser("alice", balanceEvent(seq));
  await opened;
  await eventually(() =>
    expect(seqs(client)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1)),
  );
});

test("a room that is left and joined again while it was being read gives nothing twice", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const room = rooms.user("alice");
  cluster.leader.record("alice", balanceEvent(1), balanceEvent(2));
  const [stayer, client] = [
    await cluster.socketIo(node, { user: "alice" }),
    await cluster.socketIo(node, { user: "alice" }),
  ];
  await node.hub.join(stayer.member, [room]);
  await node.hub.join(client.member, [room]);
  const first = node.hub.open(client.member, room, 0);
  node.hub.leave(client.member, [room]);
  await node.hub.join(client.member, [room]);
  const second = node.hub.open(client.member, room, 0);
  expect(await first).toEqual({ kind: "gone" });
  expect(await second).toEqual({ kind: "live", recovered: 2 });
  cluster.leader.publishUser("alice", balanceEvent(3));
  await eventually(() => expect(seqs(client)).toEqual([1, 2, 3]));
});

test("a book begins with its snapshot and goes on without a hole; the gateway dialect sees it whole", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const { leader } = cluster;
  leader.setBook(bookView(5, [["100.00", "1"]], [["101.00", "2"]]));
  const chained = await cluster.socketIo(node);
  const whole = await cluster.socketIo(node, { dialect: "gateway" });
  const plain = await cluster.webSocket(node);
  for (const { member } of [chained, whole, plain]) await node.hub.join(member, [BOOK]);
  leader.publishUpdate(bookUpdate(6, ["99.50", "3"])); // before the snapshot is read
  for (const { member } of [chained, whole, plain]) await node.hub.open(member, BOOK);
  leader.publishUpdate(bookUpdate(7, ["100.00", "0"]));
  await eventually(() => {
    expect(seqs(chained)).toEqual([6, 7]);
    expect(chained.messages.map(([name]) => name)).toEqual([
      "orderbook:snapshot",
      "orderbook:update",
    ]);
    expect(whole.messages.at(-1)).toEqual([
      "orderbook:update",
      expect.objectContaining({
        seq: 7,
        assetId: "BTC",
        bids: [["99.50", "3"]],
        asks: [["101.00", "2"]],
      }),
    ]);
    expect(plain.messages).toHaveLength(2);
  });
});

test("a broken chain of a book is mended by one snapshot, read once for all its members", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const { leader } = cluster;
  leader.setBook(bookView(1, [["100.00", "1"]], []));
  const clients = [await cluster.socketIo(node), await cluster.socketIo(node)];
  clients.push(await cluster.socketIo(node, { dialect: "gateway" }));
  for (const { member } of clients) {
    await node.hub.join(member, [BOOK]);
    await node.hub.open(member, BOOK);
  }
  const readsBefore = leader.reads;
  leader.recordUpdate(bookUpdate(2, ["98.00", "1"])); // lost on its way
  leader.publishUpdate(bookUpdate(3, ["97.00", "1"]));
  await eventually(() => {
    for (const client of clients) expect(seqs(client)).toEqual([1, 3]);
  });
  expect(leader.reads - readsBefore).toBe(1);
  leader.publishUpdate(bookUpdate(4, ["97.00", "2"]));
  await eventually(() => {
    for (const client of clients) expect(seqs(client)).toEqual([1, 3, 4]);
  });
});

test("a member that changes its dialect sees its books start anew", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  cluster.leader.setBook(bookView(1, [["100.00", "1"]], []));
  const client = await cluster.socketIo(node);
  await node.hub.join(client.member, [BOOK]);
  await node.hub.open(client.member, BOOK);
  node.hub.update(client.member, { dialect: "gateway" });
  await eventually(() =>
    expect(client.messages.map(([name]) => name)).toEqual([
      "orderbook:snapshot",
      "orderbook:update",
    ]),
  );
});

test("a member of a dialect with topics hears of those it chose", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const room = rooms.user("alice");
  const client = await cluster.webSocket(node, { user: "alice", dialect: "rooms" });
  await node.hub.join(client.member, [room]);
  await node.hub.open(client.member, room, 0);
  const portfolio = (seq: number, account: string) => {
    const figures = {
      equity: "1",
      cash: "1",
      unrealizedPnL: "0",
      realizedPnL: "0",
      returnPercent: "0",
    };
    return [
      "portfolio:updated",
      { seq, timestamp: "2026-11-21T10:00:00.000Z", account, ...figures },
    ] as const;
  };
  cluster.leader.publishUser("alice", portfolio(1, "room-a"));
  await eventually(() => expect(node.hub.positions()).toEqual([{ userId: "alice", seq: 1 }]));
  node.hub.update(client.member, { topics: new Set(["a"]) });
  cluster.leader.publishUser(
    "alice",
    portfolio(2, "main"),
    portfolio(3, "room-a"),
    portfolio(4, "room-b"),
  );
  await eventually(() =>
    expect(client.messages).toEqual([
      { type: "portfolio_update", data: expect.objectContaining({ bullPenId: "a", seq: 3 }) },
    ]),
  );
});

test("packets that are not the leader's batches go the stock way, to Socket.IO members", async () => {
  await using cluster = await startCluster();
  const [one, two] = [await cluster.node(), await cluster.node()];
  const [near, far] = [await cluster.socketIo(one), await cluster.socketIo(two)];
  await one.hub.join(near.member, ["lobby"]);
  await two.hub.join(far.member, ["lobby"]);
  one.io.to("lobby").emit("hello", { from: "one" });
  await eventually(() => {
    expect(near.messages).toEqual([["hello", { from: "one" }]]);
    expect(far.messages).toEqual([["hello", { from: "one" }]]);
  });
});

test("a member that left, or closed, hears nothing more and leaves nothing behind", async () => {
  await using cluster = await startCluster();
  const node = await cluster.node();
  const room = rooms.tape("BTCUSDT");
  const [leaver, closer] = [await cluster.socketIo(node), await cluster.webSocket(node)];
  await node.hub.join(leaver.member, [room]);
  await node.hub.join(closer.member, [room]);
  node.hub.leave(leaver.member, [room]);
  closer.socket.close();
  await eventually(() => expect([...node.hub.members()]).toEqual([leaver.member]));
  expect(node.io.sockets.adapter.rooms.has(room)).toBe(false);
  node.hub.deliver(room, [tapeEvent(1)]);
  node.hub.send(leaver.member, [tapeEvent(2)]);
  await eventually(() => expect(seqs(leaver)).toEqual([2]));
});
