/** Document 003, "WebSocket Real-Time Updates": its four plain WebSocket clients and its handling of errors. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually } from "@mirrorbook/testkit";
import { WebSocket } from "ws";
import { documentCode, runDocument, Said } from "../support/document.ts";
import { startExchange, type TestExchange } from "../support/exchange.ts";
import { PlainClient } from "../support/plain-client.ts";

const MARKET_BUY = { pair: "BTC/USDT", side: "buy", type: "market", quantity: "0.01" };
const TEXT = expect.any(String);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

const socketUrl = () => exchange.url().replace("http", "ws");

test("the printed clients get order updates, trades and the market's best prices", async () => {
  const { token, user } = await exchange.session("printed");
  const code = documentCode("003-clients.js.txt", {
    "ws://localhost:8080": socketUrl(),
    "user_id=USER_ID": `user_id=${user.id}&token=${token}`,
    "/ws');": `/ws?token=${token}');`,
  });
  const said = new Said();
  const sockets = runDocument(code, { WebSocket, console: said }, [
    "wsOrders",
    "wsTrades",
    "wsMarket",
    "ws",
  ]) as Record<string, WebSocket>;
  const general: Record<string, unknown>[] = [];
  sockets.ws!.onmessage = ({ data }) => void general.push(JSON.parse(String(data)));
  try {
    await eventually(() => expect(said.after("Order book updated:").length).toBeGreaterThan(2));
    await eventually(() =>
      expect(general.filter(({ type }) => type === "subscribed")).toHaveLength(2),
    );
    await callRest(exchange.url(), "POST", "orders", { body: MARKET_BUY, token });
    await eventually(() => {
      const actions = said.after("Order updated:").map(({ action }) => action);
      expect(actions).toEqual(["created", "filled"]);
    });
    await eventually(() => expect(said.after("Trade executed:").length).toBeGreaterThan(0));
    await eventually(() =>
      expect(general.map(({ type }) => type)).toEqual(
        expect.arrayContaining(["order_update", "orderbook_update"]),
      ),
    );
  } finally {
    for (const socket of Object.values(sockets)) socket.close();
  }

  expect(said.after("Order updated:").at(-1)).toEqual({
    type: "order_update",
    action: "filled",
    order_id: TEXT,
    user_id: user.id,
    symbol: "BTC/USDT",
    side: "BUY",
    status: "FILLED",
    quantity: "0.01",
    filled_quantity: "0.01",
    price: TEXT,
    timestamp: TIME,
  });
  expect(said.after("Order book updated:")[0]).toEqual({
    type: "orderbook_update",
    symbol: "BTC/USDT",
    best_bid: TEXT,
    best_ask: TEXT,
    bid_quantity: TEXT,
    ask_quantity: TEXT,
    spread: TEXT,
    timestamp: TIME,
  });
  for (const trade of said.after("Trade executed:")) {
    expect(trade).toEqual({
      type: "trade_executed",
      trade_id: TEXT,
      symbol: expect.stringMatching(/^(BTC|ETH)\/USDT$/),
      price: TEXT,
      quantity: TEXT,
      executed_at: TIME,
    });
  }
  expect(general.filter(({ type }) => type === "orderbook_update")[0]).toMatchObject({
    symbol: "ETH/USDT",
  });
});

test("a party's own trade names it, with its fee; nobody else's does", async () => {
  const { token, user } = await exchange.session("party");
  await using client = await PlainClient.connect(`${socketUrl()}/ws?token=${token}`);
  client.send({ action: "subscribe", stream: "trades", symbol: "BTC/USDT" });
  await client.heard("subscribed");
  await callRest(exchange.url(), "POST", "orders", { body: MARKET_BUY, token });
  await eventually(() => {
    const own = client.of("trade_executed").filter(({ buyer_id }) => buyer_id !== undefined);
    expect(own[0]).toMatchObject({ buyer_id: user.id, buyer_fee: TEXT });
    expect(own[0]).not.toHaveProperty("seller_id");
  });
});

test("what is wrong is answered by a status before the upgrade", async () => {
  const { token } = await exchange.session("alice");
  const status = async (path: string) => {
    const socket = new WebSocket(socketUrl() + path);
    const [, response] = await once(socket, "unexpected-response");
    response.resume();
    return response.statusCode;
  };
  expect(await status("/ws/orders")).toBe(401);
  expect(await status("/ws/orders?user_id=somebody")).toBe(401);
  expect(await status(`/ws/orders?user_id=somebody&token=${token}`)).toBe(403);
  expect(await status("/ws/trades?token=forged")).toBe(401);
  expect(await status("/ws/markets/")).toBe(400);
  expect(await status("/ws/markets/DOGE/USDT")).toBe(400);
  expect(await status("/ws/elsewhere")).toBe(404);
  expect(await status("/ws/markets/%E0%A4%A")).toBe(400);
});

test("an invalid subscription is answered by an error message, and the connection stays", async () => {
  await using client = await PlainClient.connect(`${socketUrl()}/ws`);
  const mistakes: [unknown, string][] = [
    ["{", "BAD_REQUEST"],
    [{ action: "subscribe", stream: "everything" }, "BAD_REQUEST"],
    [{ action: "subscribe", stream: "orderbook" }, "BAD_REQUEST"],
    [{ action: "subscribe", stream: "orderbook", symbol: "DOGE/USDT" }, "UNKNOWN_MARKET"],
    [{ action: "subscribe", stream: "orders" }, "UNAUTHORIZED"],
    [{ action: "subscribe", stream: "trades", user_id: "somebody" }, "FORBIDDEN"],
  ];
  for (const [message, code] of mistakes) {
    client.forget();
    client.send(message);
    expect(await client.heard("error")).toMatchObject({ type: "error", code, message: TEXT });
  }
  client.send({ action: "subscribe", stream: "orderbook", symbol: "BTC/USDT" });
  await client.heard("orderbook_update");
  client.send({ action: "unsubscribe", stream: "orderbook", symbol: "BTC/USDT" });
  await client.heard("unsubscribed");
});
