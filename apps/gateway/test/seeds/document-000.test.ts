/** Document 000, "Real-time Order Book Broadcasting": its four message types, to the letter, over both transports. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually, TestClient } from "@mirrorbook/testkit";
import { startExchange, type TestExchange } from "../support/exchange.ts";
import { PlainClient } from "../support/plain-client.ts";

const PAIR = "SIM_BTC/SIM_USD";
const MARKET_BUY = { pair: PAIR, side: "buy", type: "market", quantity: "0.01" };
const SUBSCRIBE = { type: "SUBSCRIBE", channel: "orderbook", pair: PAIR };
const TEXT = expect.any(String);
const LEVELS = expect.arrayContaining([[TEXT, TEXT]]);
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: messages of any shape are looked into.
async function expectFourTypes(messages: () => any[]): Promise<void> {
  const of = (type: string) => messages().filter((message) => message.type === type);
  await eventually(() => expect(of("TRADE_IMPACT_ON_BOOK")).toHaveLength(1));
  await eventually(() => expect(of("BALANCE_UPDATE").length).toBeGreaterThan(1));
  const trades = of("TRADE_EXECUTED");
  expect(trades[0]).toEqual({
    type: "TRADE_EXECUTED",
    pair: PAIR,
    data: {
      tradeId: TEXT,
      orderId: TEXT,
      price: TEXT,
      quantity: TEXT,
      side: "buy",
      timestamp: TEXT,
      fee: TEXT,
      feeCurrency: TEXT,
    },
  });
  const balances = of("BALANCE_UPDATE");
  expect(balances[0]).toEqual({
    type: "BALANCE_UPDATE",
    data: { asset: TEXT, total: TEXT, available: TEXT },
  });
  expect(new Set(balances.map(({ data }) => data.asset))).toEqual(new Set(["SIM_USD", "SIM_BTC"]));
  expect(of("TRADE_IMPACT_ON_BOOK")[0]).toEqual({
    type: "TRADE_IMPACT_ON_BOOK",
    pair: PAIR,
    data: { tradeId: trades[0].data.tradeId, consumedBids: [], consumedAsks: LEVELS },
  });
  const [book] = of("BINANCE_ORDER_BOOK_UPDATE");
  expect(book).toMatchObject({
    type: "BINANCE_ORDER_BOOK_UPDATE",
    pair: PAIR,
    data: { bids: LEVELS, asks: LEVELS, lastUpdateId: expect.any(Number), snapshot: true },
  });
}

test("over plain WebSocket at /ws/feed", async () => {
  const { token } = await exchange.session("plain");
  const url = exchange.url().replace("http", "ws");
  await using client = await PlainClient.connect(`${url}/ws/feed?token=${token}`);
  client.send(SUBSCRIBE);
  await client.heard("BINANCE_ORDER_BOOK_UPDATE");
  await callRest(exchange.url(), "POST", "orders", { body: MARKET_BUY, token });
  await expectFourTypes(() => client.received);
});

test("over Socket.IO's event `message`, chosen in the handshake", async () => {
  const session = await exchange.session("socket");
  await using client = new TestClient(exchange.url(), session, { dialect: "typed" });
  const messages = () =>
    client.received.filter(({ name }) => name === "message").map((m) => m.payload);
  await eventually(() => expect(messages()[0]).toMatchObject({ type: "WELCOME" }));
  client.socket.emit("message", SUBSCRIBE);
  await eventually(() => expect(messages().map(({ type }) => type)).toContain("SUBSCRIBED"));
  await client.place(MARKET_BUY);
  await expectFourTypes(messages);
});

test("two clients get the same book, and each only its own trades and balances", async () => {
  const url = exchange.url().replace("http", "ws");
  const { token } = await exchange.session("first");
  await using first = await PlainClient.connect(`${url}/ws/feed?token=${token}`);
  await using public_ = await PlainClient.connect(`${url}/ws/feed`);
  for (const client of [first, public_]) client.send(SUBSCRIBE);
  await callRest(exchange.url(), "POST", "orders", { body: MARKET_BUY, token });
  await first.heard("TRADE_EXECUTED");
  const seqOf = ({ data }: { data: { seq: number; checksum: number } }) =>
    [data.seq, data.checksum] as const;
  await eventually(() => {
    const [mine, theirs] = [first, public_].map(
      (client) => new Map(client.of("BINANCE_ORDER_BOOK_UPDATE").map(seqOf)),
    );
    const shared = [...mine!].filter(([seq]) => theirs!.has(seq));
    expect(shared.length).toBeGreaterThan(3);
    for (const [seq, checksum] of shared) expect(theirs!.get(seq)).toBe(checksum);
  });
  expect([...public_.of("TRADE_EXECUTED"), ...public_.of("BALANCE_UPDATE")]).toEqual([]);
  public_.send({ type: "SUBSCRIBE", channel: "trading" });
  expect(await public_.heard("ERROR")).toMatchObject({ data: { code: "UNAUTHORIZED" } });
});
