/** Document 002, "Trading Event Broadcasting": its Socket.IO script, its React hook, its message formats. */
import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually } from "@mirrorbook/testkit";
import { io, type Socket } from "socket.io-client";
import { documentCode, runDocument, Said } from "../support/document.ts";
import { startExchange, type TestExchange } from "../support/exchange.ts";

const PRINTED_URL = "http://localhost:3000";
const MARKET_BUY = { pair: "BTC/USD", side: "buy", type: "market", quantity: "0.01" };
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

test("the test script hears of orders, positions and trades in the printed form", async () => {
  const { token } = await exchange.session("script");
  const code = documentCode("002-script.js.txt", {
    [PRINTED_URL]: exchange.url(),
    "your-jwt-token-here": token,
  });
  const said = new Said();
  const require = createRequire(import.meta.url);
  const { socket } = runDocument(code, { require, console: said }, ["socket"]) as {
    socket: Socket;
  };
  try {
    await eventually(() => expect(said.after("Subscribed:")).toHaveLength(1));
    await callRest(exchange.url(), "POST", "orders", { body: MARKET_BUY, token });
    await eventually(() => expect(said.after("Trade Executed:").length).toBeGreaterThan(0));
    await eventually(() => expect(said.after("Position Opened:")).toHaveLength(1));
  } finally {
    socket.disconnect();
  }

  const [created] = said.after("Order Created:");
  expect(created.order).toMatchObject({
    side: "buy",
    type: "market",
    quantity: "0.01",
    price: null,
  });
  const [filled] = said.after("Order Filled:");
  expect(filled).toMatchObject({ order: ORDER, timestamp: TIME });
  expect(filled.order).toMatchObject({ status: "filled", filledQuantity: "0.01" });
  expect(said.after("Position Opened:")[0]).toMatchObject({ position: POSITION, timestamp: TIME });
  const [trade] = said.after("Trade Executed:");
  expect(trade).toMatchObject({ trade: TRADE, timestamp: TIME });
  expect(said.after("Socket Error:")).toEqual([]);
});

/** React itself needs a page; of React the hook uses `useEffect` alone, whose contract is kept here. */
test("the React hook fills its store, and disconnects when it is unmounted", async () => {
  const { token } = await exchange.session("hook");
  const code = documentCode("002-hook.ts.txt", { [PRINTED_URL]: exchange.url() })
    .replaceAll(/^import .*$/gm, "")
    .replace("export function", "function");
  const calls: [string, { status?: string; symbol?: string }][] = [];
  const action = (name: string) => (value: object) => void calls.push([name, value]);
  let unmount = () => {};
  const names = {
    useEffect: (effect: () => () => void) => {
      unmount = effect();
    },
    io,
    useTradingStore: () => ({
      addOrder: action("addOrder"),
      updateOrder: action("updateOrder"),
      updatePosition: action("updatePosition"),
    }),
    localStorage: { getItem: () => token },
  };
  const { useTradingEvents } = runDocument(code, names, ["useTradingEvents"]);
  (useTradingEvents as () => void)();
  try {
    await eventually(async () => {
      const { body } = await callRest<{ users: number }>(exchange.url(), "GET", "stats");
      expect(body.users).toBe(1);
    });
    await callRest(exchange.url(), "POST", "orders", { body: MARKET_BUY, token });
    await eventually(() =>
      expect(calls.map(([name]) => name)).toEqual(["addOrder", "updateOrder", "updatePosition"]),
    );
  } finally {
    unmount();
  }
  expect(calls[1]![1]).toMatchObject({ status: "filled", symbol: "BTCUSDT" });
  await eventually(async () => {
    const { body } = await callRest<{ users: number }>(exchange.url(), "GET", "stats");
    expect(body.users).toBe(0);
  });
});

test("users only receive their own events", async () => {
  const alice = await exchange.client("alice");
  const mallory = await exchange.client("mallory");
  await mallory.subscribe({ channel: "trading" });
  await alice.place(MARKET_BUY);
  await mallory.place({ ...MARKET_BUY, quantity: "0.02" });
  await eventually(() => expect(mallory.of("order:filled")).toHaveLength(1));
  expect(mallory.of("order:filled")[0].order.quantity).toBe("0.02");
  expect(mallory.of("trade:executed").map(({ trade }) => trade.quantity)).not.toContain("0.01");
});

const TEXT = expect.any(String);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
/** The fields of the document's examples. */
const ORDER = {
  id: TEXT,
  symbol: TEXT,
  side: TEXT,
  type: TEXT,
  quantity: TEXT,
  price: null,
  status: TEXT,
  filledQuantity: TEXT,
  averagePrice: TEXT,
  createdAt: TIME,
  filledAt: TIME,
};
const POSITION = {
  id: TEXT,
  symbol: TEXT,
  side: "long",
  quantity: TEXT,
  entryPrice: TEXT,
  currentPrice: TEXT,
  unrealizedPnL: TEXT,
  unrealizedPnLPercent: TEXT,
  realizedPnL: TEXT,
  totalPnL: TEXT,
  status: "open",
  openedAt: TIME,
};
const TRADE = {
  id: TEXT,
  orderId: TEXT,
  symbol: TEXT,
  side: "buy",
  type: "entry",
  quantity: TEXT,
  price: TEXT,
  value: TEXT,
  fee: TEXT,
  executedAt: TIME,
};
