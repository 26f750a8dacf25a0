/** Document 004, "WebSocket Backend Implementation": its message flow, on a port of its own. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accountOfRoom, type TradeRoom } from "@mirrorbook/protocol";
import { callRest, eventually, type TestClient } from "@mirrorbook/testkit";
import { startExchange, type TestExchange } from "../support/exchange.ts";
import { PlainClient } from "../support/plain-client.ts";

const RULES = { name: "Bull pen", markets: ["BTC"], startingCash: "10000" };
let exchange: TestExchange;
let owner: TestClient;

beforeAll(async () => {
  exchange = await startExchange({ settings: { WS_PORT: "0" } });
  owner = await exchange.client("owner");
});
afterAll(() => exchange[Symbol.asyncDispose]());

/** A room that can be joined, and what its owner can do with it. */
async function openRoom() {
  const { body } = await owner.rest<{ room: TradeRoom }>("POST", "rooms", RULES);
  const { id } = body.room;
  const move = async (name: "open" | "start" | "pause") => {
    expect(await owner.rest("POST", `rooms/${id}/${name}`)).toMatchObject({ status: 200 });
  };
  await move("open");
  return { id, move };
}

test("auth, subscribe_room, then the room's events and one's own in it", async () => {
  const { token, user } = await exchange.session("player");
  const { id: bullPenId, move } = await openRoom();
  const joined = await callRest(exchange.url(), "POST", `rooms/${bullPenId}/join`, {
    body: {},
    token,
  });
  expect(joined.status).toBe(200);
  await using client = await PlainClient.connect(exchange.gateways[0]!.roomsUrl!);
  client.send({ type: "auth", data: { token } });
  expect(await client.heard("auth_success")).toMatchObject({ data: { userId: user.id } });
  client.send({ type: "subscribe_room", data: { bullPenId } });
  await client.heard("subscribed");

  await move("start");
  expect(await client.heard("room_started")).toMatchObject({ data: { bullPenId } });
  const order = { account: accountOfRoom(bullPenId), pair: "BTC", side: "buy", type: "market" };
  await callRest(exchange.url(), "POST", "orders", { body: { ...order, quantity: "0.01" }, token });
  expect(await client.heard("order_executed")).toMatchObject({
    data: { bullPenId, userId: user.id, order: { status: "filled" } },
  });
  expect(await client.heard("position_update")).toMatchObject({ data: { bullPenId } });
  expect(await client.heard("portfolio_update")).toMatchObject({ data: { bullPenId } });

  client.send({ type: "unsubscribe_room", data: { bullPenId } });
  await client.heard("unsubscribed");
  client.forget();
  await move("pause");
  client.send({ type: "subscribe_room", data: { bullPenId } });
  await eventually(() => expect(client.of("subscribed")).toHaveLength(1));
  expect(client.of("room_state_changed")).toEqual([]);
});

test("without a valid token there is nothing to subscribe to", async () => {
  const { id: bullPenId, move } = await openRoom();
  const socketUrl = exchange.url().replace("http", "ws");
  await using client = await PlainClient.connect(`${socketUrl}/ws/rooms`);
  client.send({ type: "subscribe_room", data: { bullPenId } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  client.forget();
  client.send({ type: "auth", data: { token: "forged" } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  await move("start");
  const { token, user } = await exchange.session("late");
  client.send({ type: "auth", data: { token } });
  expect(await client.heard("auth_success")).toMatchObject({ data: { userId: user.id } });
  expect(client.of("room_started")).toEqual([]);
  client.forget();
  const { token: other } = await exchange.session("player");
  client.send({ type: "auth", data: { token: other } });
  expect(await client.heard("error")).toMatchObject({ data: { code: "FORBIDDEN" } });
});
