import { expect, test } from "@jest/globals";
import {
  type AnyEvent,
  BookUpdate,
  BookView,
  CONNECTION_EVENTS,
  DIALECTS,
  type DialectName,
  type EventName,
  MARKET_EVENTS,
  ROOM_EVENTS,
  USER_EVENTS,
  word,
} from "../src/index.ts";

const AT = "2026-11-21T10:00:00.123Z";
const numbered = { seq: 7, timestamp: AT };
const market = { pair: "SIM_BTC/SIM_USD", symbol: "BTCUSDT" };

const order = {
  id: "order-1",
  clientOrderId: "mine-1",
  account: "main",
  ...market,
  side: "buy" as const,
  type: "limit" as const,
  timeInForce: "GTC" as const,
  postOnly: false,
  quantity: "1.0",
  quoteQuantity: null,
  price: "50000.00",
  stopPrice: null,
  trailingBps: null,
  status: "partially_filled" as const,
  filledQuantity: "0.5",
  remainingQuantity: "0.5",
  averagePrice: "49999.00",
  fee: "0.001",
  feeAsset: "SIM_BTC",
  queueAhead: null,
  listId: null,
  reason: null,
  expireAt: null,
  createdAt: AT,
  updatedAt: AT,
  filledAt: null,
};

const trade = {
  id: "trade-1",
  orderId: "order-1",
  account: "main",
  ...market,
  side: "sell" as const,
  type: "exit" as const,
  liquidity: "taker" as const,
  quantity: "0.01",
  price: "45000.00",
  value: "450.00",
  fee: "1.17",
  feeAsset: "SIM_USD",
  realizedPnL: "5.00",
  bookUpdateId: 12345678,
  executedAt: "2026-11-21T10:00:00.100Z",
};

const position = {
  id: "position-1",
  account: "room-r1",
  ...market,
  side: "long" as const,
  quantity: "0.01",
  entryPrice: "45000.00",
  currentPrice: "45500.00",
  unrealizedPnL: "5.00",
  unrealizedPnLPercent: "1.11",
  realizedPnL: "0.00",
  totalPnL: "5.00",
  status: "open" as const,
  openedAt: AT,
  closedAt: null,
};

const book = BookView.parse({
  ...market,
  ...numbered,
  depth: 20,
  lastUpdateId: 12345678,
  bids: [["49999.00", "2.5"]],
  asks: [["50001.00", "3.0"]],
  checksum: 42,
  best: { bid: "49999.00", bidSize: "2.5", ask: "50001.00", askSize: "3.0", spread: "2.00" },
});
const update = BookUpdate.parse({ ...book, prevSeq: 6, asks: [] });
const balance = {
  ...numbered,
  account: "main",
  asset: "SIM_USD",
  total: "1000.00",
  available: "950.00",
  locked: "50.00",
  reason: "trade",
};
const tape = {
  ...numbered,
  ...market,
  price: "50000.00",
  quantity: "1.0",
  side: "buy" as const,
  source: "user" as const,
};
const price = { ...numbered, ...market, last: "50000.00", bid: null, ask: null, mark: "50000.50" };
const impact = {
  ...numbered,
  ...market,
  tradeIds: ["trade-1", "trade-2"],
  orderId: "order-1",
  consumedBids: [],
  consumedAsks: [["50001.00", "0.4"]] as [string, string][],
  averagePrice: "50001.00",
  slippageBps: "0.2",
};
const inRoom = { ...order, account: "room-r1" };
const portfolio = {
  ...numbered,
  account: "room-r1",
  equity: "1000.00",
  cash: "10.00",
  unrealizedPnL: "1.00",
  realizedPnL: "-1.00",
  returnPercent: "0.00",
};
const room = { id: "r1", name: "Bulls", status: "running" as const, startsAt: AT, endsAt: null };
const row = { rank: 1, userId: "bob", name: "Bob", equity: "1000.00", returnPercent: "1.00" };
const error = { code: "BAD_REQUEST", message: "No such stream.", retry: false };

const worded = (dialect: DialectName, event: AnyEvent, whole: BookView | null = null) =>
  word(DIALECTS[dialect], event, { userId: "alice", book: whole });
const body = (dialect: DialectName, event: AnyEvent, whole: BookView | null = null) =>
  worded(dialect, event, whole)?.body;

const ALL_EVENTS = Object.keys({
  ...USER_EVENTS,
  ...MARKET_EVENTS,
  ...ROOM_EVENTS,
  ...CONNECTION_EVENTS,
}) as EventName[];

test("the events dialect gives each canonical event as it is", () => {
  for (const name of ALL_EVENTS) {
    const payload = { seq: 1 };
    expect(worded("events", [name, payload])).toEqual({ name, body: payload });
  }
});

test.each<[string, AnyEvent, unknown]>([
  [
    "a user's trade",
    ["trade:executed", { ...numbered, trade }],
    {
      type: "TRADE_EXECUTED",
      pair: "SIM_BTC/SIM_USD",
      data: {
        tradeId: "trade-1",
        orderId: "order-1",
        price: "45000.00",
        quantity: "0.01",
        side: "sell",
        timestamp: "2026-11-21T10:00:00.100Z",
        fee: "1.17",
        feeCurrency: "SIM_USD",
      },
    },
  ],
  [
    "a balance",
    ["balance:updated", balance],
    { type: "BALANCE_UPDATE", data: { asset: "SIM_USD", total: "1000.00", available: "950.00" } },
  ],
  [
    "no balance of a trade room",
    ["balance:updated", { ...balance, account: "room-r1" }],
    undefined,
  ],
  [
    "a book's snapshot",
    ["orderbook:snapshot", book],
    {
      type: "BINANCE_ORDER_BOOK_UPDATE",
      pair: "SIM_BTC/SIM_USD",
      data: {
        bids: [["49999.00", "2.5"]],
        asks: [["50001.00", "3.0"]],
        lastUpdateId: 12345678,
        snapshot: true,
        seq: 7,
        prevSeq: null,
        checksum: 42,
      },
    },
  ],
  [
    "a book's update",
    ["orderbook:update", update],
    {
      type: "BINANCE_ORDER_BOOK_UPDATE",
      pair: "SIM_BTC/SIM_USD",
      data: expect.objectContaining({ snapshot: false, seq: 7, prevSeq: 6, asks: [] }),
    },
  ],
  [
    "the impact of a trade",
    ["trade:impact", impact],
    {
      type: "TRADE_IMPACT_ON_BOOK",
      pair: "SIM_BTC/SIM_USD",
      data: { tradeId: "trade-1", consumedBids: [], consumedAsks: [["50001.00", "0.4"]] },
    },
  ],
  ["an error", ["error", error], { type: "ERROR", data: error }],
])("typed (document 000): %s", (_name, event, expected) => {
  expect(body("typed", event)).toEqual(expected);
  if (expected !== undefined) expect(worded("typed", event)!.name).toBe("message");
});

test.each<[string, AnyEvent, string, unknown]>([
  [
    "the whole book for an update",
    ["orderbook:update", update],
    "orderbook:update",
    expect.objectContaining({ assetId: "BTC", seq: 7, asks: [["50001.00", "3.0"]] }),
  ],
  [
    "the public tape, without user ids",
    ["tape:trade", tape],
    "trade:executed",
    {
      assetId: "BTC",
      ...market,
      price: "50000.00",
      quantity: "1.0",
      side: "buy",
      source: "user",
      ...numbered,
    },
  ],
  [
    "an order",
    ["order:filled", { ...numbered, order }],
    "order:update",
    { ...order, assetId: "BTC", ...numbered },
  ],
  [
    "the reason of a rejection",
    ["order:rejected", { ...numbered, order, reason: "NOTIONAL" }],
    "order:update",
    expect.objectContaining({ id: "order-1", reason: "NOTIONAL" }),
  ],
  [
    "a balance",
    ["balance:updated", balance],
    "balance:update",
    {
      assetId: "USD",
      balance: "1000.00",
      account: "main",
      asset: "SIM_USD",
      available: "950.00",
      locked: "50.00",
      ...numbered,
    },
  ],
  [
    "a price",
    ["price:update", price],
    "price:update",
    { assetId: "BTC", price: "50000.00", ...price },
  ],
  ["an error", ["error", error], "error", error],
])("gateway (document 001): %s", (_name, event, name, expected) => {
  expect(worded("gateway", event, book)).toEqual({ name, body: expected });
});

test("gateway (document 001): nothing of a book that is not assembled, nor own trades under the tape's name", () => {
  expect(worded("gateway", ["orderbook:update", update])).toBeNull();
  expect(worded("gateway", ["trade:executed", { ...numbered, trade }])).toBeNull();
});

const orderMessage = (action: string, status: string) => ({
  type: "order_update",
  action,
  order_id: "order-1",
  user_id: "alice",
  symbol: "BTC/USDT",
  side: "BUY",
  status,
  quantity: "1.0",
  filled_quantity: "0.5",
  price: "50000.00",
  timestamp: AT,
});

test.each([
  ["order:created", "open", "created", "OPEN"],
  ["order:partially_filled", "partially_filled", "partially_filled", "PARTIALLY_FILLED"],
  ["order:filled", "filled", "filled", "FILLED"],
  ["order:cancelled", "cancelled", "cancelled", "CANCELLED"],
  ["order:expired", "expired", "cancelled", "EXPIRED"],
  ["order:rejected", "rejected", "cancelled", "REJECTED"],
] as const)("streams (document 003): %s", (name, status, action, statusWord) => {
  const event: AnyEvent = [name, { ...numbered, order: { ...order, status } }];
  expect(worded("streams", event)).toEqual({
    name: "order_update",
    topic: "orders",
    body: orderMessage(action, statusWord),
  });
});

test.each<[string, AnyEvent, unknown]>([
  [
    "a market order's price is what it paid",
    ["order:filled", { ...numbered, order: { ...order, price: null } }],
    expect.objectContaining({ price: "49999.00" }),
  ],
  [
    "an own sale names the seller alone",
    ["trade:executed", { ...numbered, trade }],
    {
      type: "trade_executed",
      trade_id: "trade-1",
      symbol: "BTC/USDT",
      price: "45000.00",
      quantity: "0.01",
      seller_id: "alice",
      seller_fee: "1.17",
      executed_at: "2026-11-21T10:00:00.100Z",
    },
  ],
  [
    "an own purchase names the buyer alone",
    ["trade:executed", { ...numbered, trade: { ...trade, side: "buy" } }],
    expect.not.objectContaining({ seller_id: expect.anything() }),
  ],
  [
    "the public tape names nobody",
    ["tape:trade", tape],
    {
      type: "trade_executed",
      trade_id: "BTCUSDT-7",
      symbol: "BTC/USDT",
      price: "50000.00",
      quantity: "1.0",
      executed_at: AT,
    },
  ],
  [
    "a book's best prices",
    ["orderbook:update", update],
    {
      type: "orderbook_update",
      symbol: "BTC/USDT",
      best_bid: "49999.00",
      best_ask: "50001.00",
      bid_quantity: "2.5",
      ask_quantity: "3.0",
      spread: "2.00",
      timestamp: AT,
    },
  ],
  ["an error", ["error", error], { type: "error", ...error }],
])("streams (document 003): %s", (_name, event, expected) => {
  expect(body("streams", event)).toEqual(expected);
});

test.each<[string, AnyEvent, string]>([
  ["order:filled", ["order:filled", { ...numbered, order: inRoom }], "order_executed"],
  [
    "order:partially_filled",
    ["order:partially_filled", { ...numbered, order: inRoom }],
    "order_executed",
  ],
  ["order:rejected", ["order:rejected", { ...numbered, order: inRoom }], "order_failed"],
  ["order:cancelled", ["order:cancelled", { ...numbered, order: inRoom }], "order_cancelled"],
  ["order:expired", ["order:expired", { ...numbered, order: inRoom }], "order_cancelled"],
  ["position:opened", ["position:opened", { ...numbered, position }], "position_update"],
  ["position:updated", ["position:updated", { ...numbered, position }], "position_update"],
  ["position:closed", ["position:closed", { ...numbered, position }], "position_closed"],
  ["position:marked", ["position:marked", { timestamp: AT, position }], "position_update"],
  ["portfolio:updated", ["portfolio:updated", portfolio], "portfolio_update"],
  ["portfolio:marked", ["portfolio:marked", portfolio], "portfolio_update"],
  [
    "leaderboard:update",
    ["leaderboard:update", { ...numbered, roomId: "r1", rows: [row] }],
    "leaderboard_update",
  ],
  [
    "leaderboard:ranking_changed",
    [
      "leaderboard:ranking_changed",
      { ...numbered, roomId: "r1", change: { ...row, previousRank: 2 } },
    ],
    "ranking_changed",
  ],
  [
    "leaderboard:snapshot_created",
    [
      "leaderboard:snapshot_created",
      { ...numbered, roomId: "r1", snapshot: { id: "s1", takenAt: AT, rows: [row] } },
    ],
    "snapshot_created",
  ],
  ["room:state_changed", ["room:state_changed", { ...numbered, room }], "room_state_changed"],
  ["room:started", ["room:started", { ...numbered, room }], "room_started"],
  ["room:ended", ["room:ended", { ...numbered, room }], "room_ended"],
  [
    "room:member_joined",
    ["room:member_joined", { ...numbered, room, member: row }],
    "member_joined",
  ],
  ["room:member_left", ["room:member_left", { ...numbered, room, member: row }], "member_left"],
])("rooms (document 004): %s", (_name, event, type) => {
  expect(worded("rooms", event)).toEqual({
    name: type,
    topic: "r1",
    body: { type, data: expect.objectContaining({ ...(event[1] as object), bullPenId: "r1" }) },
  });
});

test("rooms (document 004): the greeting of a user is auth_success, a stranger gets none", () => {
  const welcome = { node: "a", seq: 3, serverTime: AT, retention: { events: 1, ms: 1 } };
  expect(body("rooms", ["welcome", { ...welcome, userId: "alice" }])).toEqual({
    type: "auth_success",
    data: expect.objectContaining({ userId: "alice" }),
  });
  expect(worded("rooms", ["welcome", { ...welcome, userId: null }])).toBeNull();
});

test("rooms (document 004): the main portfolio is no room's affair", () => {
  for (const [name, payload] of [
    ["order:filled", { ...numbered, order }],
    ["position:closed", { ...numbered, position: { ...position, account: "main" } }],
    ["portfolio:updated", { ...portfolio, account: "main" }],
  ] as AnyEvent[]) {
    expect(worded("rooms", [name, payload])).toBeNull();
  }
});

test("no dialect puts a user's id into what everyone gets", () => {
  const withIds = { ...tape, userId: "bob", orderId: "order-9" };
  for (const dialect of ["gateway", "typed", "streams", "rooms"] as const) {
    const text = JSON.stringify(worded(dialect, ["tape:trade", withIds])) ?? "";
    expect(text).not.toMatch(/bob|order-9|alice/);
  }
});

test("the payloads of this table are what the contract says", () => {
  expect(USER_EVENTS["order:filled"].safeParse({ ...numbered, order }).success).toBe(true);
  expect(USER_EVENTS["trade:executed"].safeParse({ ...numbered, trade }).success).toBe(true);
  expect(USER_EVENTS["balance:updated"].safeParse(balance).success).toBe(true);
  expect(USER_EVENTS["trade:impact"].safeParse(impact).success).toBe(true);
  expect(USER_EVENTS["position:opened"].safeParse({ ...numbered, position }).success).toBe(true);
  expect(USER_EVENTS["portfolio:updated"].safeParse(portfolio).success).toBe(true);
  expect(MARKET_EVENTS["tape:trade"].safeParse(tape).success).toBe(true);
  expect(MARKET_EVENTS["price:update"].safeParse(price).success).toBe(true);
  expect(ROOM_EVENTS["room:started"].safeParse({ ...numbered, room }).success).toBe(true);
});
