/** Document 001, "WebSocket Events & Real-time Updates": its messages and its events. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "@mirrorbook/testkit";
import { startExchange, type TestExchange } from "../support/exchange.ts";

const MARKET_BUY = { pair: "BTC", side: "buy", type: "market", quantity: "0.01" };
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

test("its three subscriptions bring its five events", async () => {
  const client = await exchange.client("alice");
  const { user } = client.session;
  client.socket.emit("subscribe:orderbook", { assetId: "BTC" });
  client.socket.emit("subscribe:trades", { assetId: "BTC" });
  client.socket.emit("subscribe:user", { userId: user.id });
  await eventually(() => expect(client.of("subscribed")).toHaveLength(3));
  await client.place(MARKET_BUY);

  await eventually(() => expect(client.of("orderbook:update").length).toBeGreaterThan(2));
  for (const book of client.of("orderbook:update")) {
    expect(book).toMatchObject({ assetId: "BTC", bids: { length: 20 }, asks: { length: 20 } });
    expect(Number(book.bids[0][0])).toBeLessThan(Number(book.asks[0][0]));
  }
  await eventually(() => {
    const mine = client.of("trade:executed").find(({ quantity }) => quantity === "0.01000");
    const any = client.of("trade:executed")[0];
    expect(mine ?? any).toMatchObject({ assetId: "BTC", price: expect.any(String) });
  });
  expect(JSON.stringify(client.of("trade:executed"))).not.toContain(user.id);
  await eventually(() => {
    const statuses = client.of("order:update").map(({ status }) => status);
    expect(statuses).toContain("filled");
  });
  expect(client.of("order:update").at(-1)).toMatchObject({ assetId: "BTC", side: "buy" });
  await eventually(() => {
    const assets = client.of("balance:update").map(({ assetId }) => assetId);
    expect(new Set(assets)).toEqual(new Set(["USD", "BTC"]));
  });
  expect(client.of("balance:update")[0]).toMatchObject({ balance: expect.any(String) });
  await eventually(() => expect(client.of("price:update").length).toBeGreaterThan(0));
});

test("nobody subscribes to another user, and unsubscribing ends a stream", async () => {
  const alice = await exchange.client("bob");
  const { user } = await exchange.session("alice");
  expect(await alice.ask("subscribe:user", { userId: user.id })).toMatchObject({
    ok: false,
    error: { code: "FORBIDDEN" },
  });
  await alice.ask("subscribe:orderbook", { assetId: "BTC" });
  await eventually(() => expect(alice.of("orderbook:update").length).toBeGreaterThan(1));
  await alice.ask("unsubscribe:orderbook", { assetId: "BTC" });
  const heard = alice.of("orderbook:update").length;
  await alice.ask("subscribe:orderbook", { assetId: "ETH" });
  await eventually(() => expect(alice.of("orderbook:update").length).toBeGreaterThan(heard + 5));
  const after = alice.of("orderbook:update").slice(heard);
  expect(new Set(after.map(({ assetId }) => assetId))).toEqual(new Set(["ETH"]));
});
