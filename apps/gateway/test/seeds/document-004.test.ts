/** Document 004, "WebSocket Backend Implementation": its message flow, on a port of its own. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accountOfRoom, type RoomEvent, rooms, type TradeRoom } from "@mirrorbook/protocol";
import { CommandDesk, connectRedis, publishToRoom, RoomPackets } from "@mirrorbook/store";
import { callRest, eventually } from "@mirrorbook/testkit";
import { startExchange, type TestExchange } from "../support/exchange.ts";
import { PlainClient } from "../support/plain-client.ts";

const ROOM = "room-id";
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange({ settings: { WS_PORT: "0" } });
});
afterAll(() => exchange[Symbol.asyncDispose]());

test("auth, subscribe_room, then the room's events and one's own in it", async () => {
  const { token, user } = await exchange.session("player");
  await openRoomPortfolio(user.id);
  await using client = await PlainClient.connect(exchange.gateways[0]!.roomsUrl!);
  client.send({ type: "auth", data: { token } });
  expect(await client.heard("auth_success")).toMatchObject({ data: { userId: user.id } });
  client.send({ type: "subscribe_room", data: { bullPenId: ROOM } });
  await client.heard("subscribed");

  await tellRoom("room:started");
  expect(await client.heard("room_started")).toMatchObject({ data: { bullPenId: ROOM } });
  const order = { account: accountOfRoom(ROOM), pair: "BTC", side: "buy", type: "market" };
  await callRest(exchange.url(), "POST", "orders", { body: { ...order, quantity: "0.01" }, token });
  expect(await client.heard("order_executed")).toMatchObject({
    data: { bullPenId: ROOM, userId: user.id, order: { status: "filled" } },
  });
  expect(await client.heard("position_update")).toMatchObject({ data: { bullPenId: ROOM } });
  expect(await client.heard("portfolio_update")).toMatchObject({ data: { bullPenId: ROOM } });

  client.send({ type: "unsubscribe_room", data: { bullPenId: ROOM } });
  await client.heard("unsubscribed");
  await tellRoom("room:ended");
  client.send({ type: "subscribe_room", data: { bullPenId: ROOM } });
  await eventually(() => expect(client.of("subscribed")).toHaveLength(2));
  expect(client.of("room_ended")).toEqual([]);
});

test("without a valid token there is nothing to subscribe to", async () => {
  const socketUrl = exchange.url().replace("http", "ws");
  await using client = await PlainClient.connect(`${socketUrl}/ws/rooms`);
  client.send({ type: "subscribe_room", data: { bullPenId: ROOM } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  client.forget();
  client.send({ type: "auth", data: { token: "forged" } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  await tellRoom("room:started");
  const { token, user } = await exchange.session("late");
  client.send({ type: "auth", data: { token } });
  expect(await client.heard("auth_success")).toMatchObject({ data: { userId: user.id } });
  expect(client.of("room_started")).toEqual([]);
  client.forget();
  const { token: other } = await exchange.session("player");
  client.send({ type: "auth", data: { token: other } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "FORBIDDEN" } });
});

/** What the system does when a user joins a room. */
async function openRoomPortfolio(userId: string): Promise<void> {
  const where = { kind: "server", url: exchange.cluster.redis.url } as const;
  const redis = connectRedis(where, "command");
  const subscriber = connectRedis(where, "subscriber");
  try {
    await using desk = await CommandDesk.open({ redis, subscriber, node: "system" });
    const answer = await desk.submit(userId, "open-room", {
      type: "account:open_portfolio",
      account: accountOfRoom(ROOM),
      startingBalance: "10000",
      settings: {
        makerFeeRate: null,
        takerFeeRate: null,
        fillModel: "queue",
        heldScope: "account",
        latency: null,
        ownFunding: false,
        trading: true,
      },
    });
    expect(answer).toMatchObject({ ok: true });
  } finally {
    redis.disconnect();
    subscriber.disconnect();
  }
}

async function tellRoom(name: "room:started" | "room:ended"): Promise<void> {
  const room: TradeRoom = {
    id: ROOM,
    name: "Room",
    status: "running",
    startsAt: null,
    endsAt: null,
  };
  const event: RoomEvent = [name, { seq: 1, timestamp: new Date().toISOString(), room }];
  const redis = exchange.cluster.redis.client();
  await publishToRoom(redis, new RoomPackets(), rooms.tradeRoom(ROOM), [event]);
}
