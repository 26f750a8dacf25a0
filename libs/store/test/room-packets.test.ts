import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { BATCH_PACKET, rooms } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import {
  keys,
  listenToRoom,
  publishToRoom,
  type RedisClient,
  type RoomEvent,
  UserWriter,
} from "../src/index.ts";
import { balanceEvent, outcome, startStore, type TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;
let subscriber: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
  subscriber = await store.connect("subscriber");
});
afterAll(() => store[Symbol.asyncDispose]());

/** A stock Socket.IO server on the sharded adapter, whose only client is in `room`; gives what that client receives. */
async function clientIn(room: string): Promise<AsyncDisposable & { received: unknown[][] }> {
  const http = createServer().listen(0, "127.0.0.1");
  const publisher = await store.connect();
  const io = new Server(http, { adapter: createShardedAdapter(publisher, subscriber) });
  io.on("connection", (socket) => void socket.join(room));
  const { port } = http.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { transports: ["websocket"] });
  const received: unknown[][] = [];
  client.onAny((...packet) => received.push(packet));
  await eventually(async () => {
    const { channel } = store.packets.template(room);
    const [, count] = (await redis.call("PUBSUB", "SHARDNUMSUB", channel)) as [string, number];
    expect(count).toBe(1);
  });
  const close = async () => {
    client.close();
    await io.close();
  };
  return { received, [Symbol.asyncDispose]: close };
}

test("the stock sharded adapter delivers a committed outcome as one packet", async () => {
  await using client = await clientIn(rooms.user("alice"));
  const writer = new UserWriter(redis, store.packets, 1);
  await writer.claim(["alice"]);
  const events = [balanceEvent(1, 'a "quoted" ₿'), balanceEvent(2)];
  await writer.commit(outcome({ events }));
  const bytes = events.map((event) => Buffer.byteLength(JSON.stringify(event)));
  const packet = [BATCH_PACKET, { first: 1, at: events[0]![1].timestamp, bytes }, events];
  await eventually(() => expect(client.received).toEqual([packet]));
  expect(await redis.xlen(keys.userEvents("alice"))).toBe(1);
});

test("a listener without Socket.IO hears what is published to its room, and no other", async () => {
  const heard: RoomEvent[] = [];
  const hear = (event: RoomEvent) => heard.push(event);
  await using _ = closing(await listenToRoom(subscriber, store.packets, rooms.control(), hear));
  await publishToRoom(redis, store.packets, rooms.user("bob"), [["heartbeat", { beat: 1 }]]);
  await publishToRoom(redis, store.packets, rooms.control(), [["heartbeat", { beat: 2 }]]);
  await eventually(() => expect(heard).toEqual([["heartbeat", { beat: 2 }]]));
});

test("every room's channel lives in the slot of the keys written with it", () => {
  const tag = (text: string) => /\{(.*?)\}/.exec(text)?.[1];
  const channel = (room: string) => store.packets.template(room).channel;
  expect(tag(channel(rooms.user("alice")))).toBe(tag(keys.userState("alice")));
  expect(tag(channel(rooms.book("BTCUSDT", 20)))).toBe(tag(keys.book("BTCUSDT", 20)));
  expect(tag(channel(rooms.ticker("BTCUSDT")))).toBe(tag(keys.marketEvents("BTCUSDT", "ticker")));
  expect(tag(channel(rooms.tape("BTCUSDT")))).toBe(tag(keys.marketEvents("BTCUSDT", "tape")));
  expect(tag(channel(rooms.market("BTCUSDT")))).toBe(tag(keys.marketEvents("BTCUSDT", "status")));
});

function closing({ close }: { close: () => void }): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => close() };
}
