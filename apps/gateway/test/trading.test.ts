/** The main path: a guest trades by REST and by socket, and hears of it on every node. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callRest, eventually, TestClient } from "@mirrorbook/testkit";
import { startExchange, type TestExchange } from "./support/exchange.ts";

const BUY = { pair: "BTC", side: "buy", type: "market", quoteQuantity: "100" };
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange({ gateways: 2 });
});
afterAll(() => exchange[Symbol.asyncDispose]());

test("an order placed by REST on one gateway is told on both, numbered without a hole", async () => {
  const here = await exchange.client("alice", 0);
  const there = await exchange.client("alice", 1);
  const since = Math.max((await here.connected()).seq ?? 0, (await there.connected()).seq ?? 0);

  const { status, body } = await here.rest<{ order: { status: string } }>("POST", "orders", BUY);
  expect({ status, body }).toMatchObject({ status: 201, body: { order: { status: "filled" } } });
  const { body: log } = await here.rest<{ events: [string, { seq: number }][] }>(
    "GET",
    `events?since=${since}`,
  );
  expect(log.events.length).toBeGreaterThan(4);
  for (const client of [here, there]) {
    await eventually(() =>
      expect(client.userEvents.filter(([, { seq }]) => seq > since)).toEqual(log.events),
    );
  }
});

test("a key given twice places one order and gives its first answer again", async () => {
  const alice = await exchange.client("alice");
  const order = { ...BUY, clientOrderId: "once-only" };
  const first = await alice.rest<{ order: { id: string } }>("POST", "orders", order);
  const again = await alice.rest<{ order: { id: string } }>("POST", "orders", order);
  const bySocket = await alice.ask("order:place", order);
  const other = await alice.rest("POST", "orders", { ...order, quoteQuantity: "101" });

  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.body).toEqual(first.body);
  expect(bySocket).toEqual({ ok: true, value: first.body, replayed: true });
  expect(other).toMatchObject({ status: 409, body: { code: "COMMAND_ID_REUSED" } });
});

test("the header is the key where the body has none, and a contradiction is refused", async () => {
  const { token } = await exchange.session("alice");
  const post = (body: object) =>
    fetch(`${exchange.url()}/api/orders`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": "by-header",
      },
      body: JSON.stringify(body),
    });
  expect((await post(BUY)).status).toBe(201);
  expect((await post(BUY)).status).toBe(200);
  expect((await post({ ...BUY, clientOrderId: "another" })).status).toBe(400);
});

test("orders are listed, found, amended and cancelled", async () => {
  const alice = await exchange.client("alice");
  const book = await alice.rest<{ bids: [string, string][] }>("GET", "markets/BTCUSDT/book");
  const price = String(Math.floor(Number(book.body.bids.at(-1)![0]) * 0.99));
  const limit = { pair: "BTC/USDT", side: "buy", type: "limit", quantity: "0.002", price };
  const placed = await alice.rest<{ order: { id: string } }>("POST", "orders", limit);
  expect(placed.status).toBe(201);
  const { id } = placed.body.order;

  const open = await alice.rest<{ orders: { id: string }[] }>("GET", "orders?status=open&pair=BTC");
  expect(open.body.orders.map((order) => order.id)).toEqual([id]);
  expect(await alice.rest("GET", "orders?pair=ETH")).toMatchObject({ body: { orders: [] } });
  const amended = await alice.rest("PATCH", `orders/${id}`, { quantity: "0.001" });
  expect(amended).toMatchObject({ status: 200, body: { order: { quantity: "0.001" } } });
  const cancelled = await alice.rest("DELETE", `orders/${id}`);
  expect(cancelled).toMatchObject({ status: 200, body: { order: { status: "cancelled" } } });
  expect(await alice.rest("GET", `orders/${id}`)).toMatchObject({
    body: { order: { id, status: "cancelled" } },
  });
  expect(await alice.rest("DELETE", `orders/${id}`)).toMatchObject({
    status: 404,
    body: { code: "UNKNOWN_ORDER" },
  });
});

test("history is read page by page, without a repeat or a hole", async () => {
  const alice = await exchange.client("alice");
  for (let i = 0; i < 4; i++) await alice.place(BUY);
  const whole = await alice.rest<{ trades: { id: string }[] }>("GET", "trades?limit=500");
  const ids: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { body } = await alice.rest<{ trades: { id: string }[]; nextCursor: string | null }>(
      "GET",
      `trades?limit=2${from}`,
    );
    ids.push(...body.trades.map((trade) => trade.id));
    cursor = body.nextCursor;
  }
  expect(ids.length).toBeGreaterThan(3);
  expect(ids).toEqual(whole.body.trades.map((trade) => trade.id));
  expect(await alice.rest("GET", "trades?cursor=stolen")).toMatchObject({ status: 400 });
});

test("balances, positions and the portfolio agree with each other and with the journal's money", async () => {
  const alice = await exchange.client("alice");
  await alice.place(BUY);
  const { body: owned } = await alice.rest<{ balances: { asset: string; total: string }[] }>(
    "GET",
    "balances",
  );
  const { body: held } = await alice.rest<{
    positions: { symbol: string; quantity: string; currentPrice: string }[];
  }>("GET", "positions");
  const { body: worth } = await alice.rest<{
    portfolios: { equity: string; cash: string; account: string }[];
  }>("GET", "portfolio");
  const total = (asset: string) => owned.balances.find((b) => b.asset === asset)?.total;
  const bitcoin = held.positions.find(({ symbol }) => symbol === "BTCUSDT")!;
  expect(worth.portfolios[0]).toMatchObject({ account: "main", cash: total("SIM_USD") });
  const value = Number(bitcoin.currentPrice) * Number(total("SIM_BTC"));
  expect(Number(worth.portfolios[0]!.equity)).toBeCloseTo(Number(total("SIM_USD")) + value, -1);
});

test("a statement is exported as CSV and as JSON", async () => {
  const alice = await exchange.client("alice");
  await alice.place(BUY);
  const get = (query: string) =>
    fetch(`${exchange.url()}/api/export/${query}`, {
      headers: { authorization: `Bearer ${alice.session.token}` },
    });
  const { body } = await alice.rest<{ trades: { id: string }[] }>("GET", "trades?limit=500");
  const lines = (await (await get("trades")).text()).trimEnd().split("\r\n");
  expect(lines[0]).toMatch(/^id,orderId,account,pair/);
  expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(body.trades.map((t) => t.id));
  expect(await (await get("trades?format=json")).json()).toEqual(body.trades);
  expect((await get("secrets")).status).toBe(400);
});

test("the market is public: names, book, tape, candles and the day's figures", async () => {
  const get = (path: string) => callRest<Record<string, unknown>>(exchange.url(), "GET", path);
  for (const name of ["BTCUSDT", "btc-usdt", "SIM_BTC%2FSIM_USD", "BTC"]) {
    expect(await get(`markets/${name}`)).toMatchObject({
      status: 200,
      body: { symbol: "BTCUSDT", pair: "SIM_BTC/SIM_USD", status: "live" },
    });
  }
  const { body: book } = await get("markets/BTC/book?depth=100");
  expect(book).toMatchObject({ depth: 100, symbol: "BTCUSDT" });
  expect(await get("markets/BTC/book?depth=7")).toMatchObject({ status: 400 });
  expect(await get("markets/BTC/candles?interval=1m&limit=5")).toMatchObject({
    status: 200,
    body: {
      candles: expect.arrayContaining([expect.objectContaining({ open: expect.any(String) })]),
    },
  });
  expect(await get("markets/BTC/ticker")).toMatchObject({
    status: 200,
    body: { last: expect.any(String) },
  });
  expect(await get("markets/DOGE")).toMatchObject({
    status: 400,
    body: { code: "UNKNOWN_MARKET" },
  });
  expect((await get("markets")).body).toMatchObject({
    markets: [{ symbol: "BTCUSDT" }, { symbol: "ETHUSDT" }],
  });
});

test("what users own is marked at the best bid while they watch, without a number", async () => {
  const alice = await exchange.client("marked");
  await alice.place(BUY);
  await eventually(() => expect(alice.of("position:marked").length).toBeGreaterThan(0));
  const before = alice.of("portfolio:marked").length;
  await alice.place(BUY); // A calm market may bid the same for long; this changes what it is worth all the same.
  await eventually(() => expect(alice.of("portfolio:marked").length).toBeGreaterThan(before));
  const [mark] = alice.of("position:marked");
  expect(mark.position).toMatchObject({ symbol: "BTCUSDT", status: "open" });
  expect(mark).not.toHaveProperty("seq");
});

test("a connection without a token sees the market and nothing else", async () => {
  const nobody = { token: "", user: { id: "", name: "nobody" } };
  await using anonymous = new TestClient(exchange.url(), nobody, { token: undefined });
  expect(await anonymous.connected()).toMatchObject({ userId: null, seq: null });
  await anonymous.book("BTCUSDT");
  expect(await anonymous.ask("order:place", BUY)).toMatchObject({
    error: { code: "UNAUTHORIZED" },
  });
  expect(await anonymous.ask("subscribe", { channel: "trading" })).toMatchObject({
    ok: false,
    errors: [{ code: "UNAUTHORIZED", index: 0 }],
  });
});

test("once an attempt is refused, one sent before it is not taken, whichever way it comes; one sent after it is", async () => {
  const alice = await exchange.client("alice");
  const { market } = exchange.cluster;
  const order = { ...BUY, clientOrderId: "tried-again" };
  const stale = { code: "MARKET_STALE", retry: true };
  await market.fault("refuse", { status: 503, target: "both" });
  await market.fault("drop", { connection: "all" });
  await eventually(async () =>
    expect(await alice.ask("order:place", BUY)).toMatchObject({ error: stale }),
  );
  expect(await alice.ask("order:place", { ...order, sentAt: 20 })).toMatchObject({ error: stale });

  await market.fault("clear", {});
  await eventually(async () =>
    expect(await alice.ask("order:place", BUY)).toMatchObject({ ok: true }),
  );
  expect(await alice.rest("POST", "orders", { ...order, sentAt: 10 })).toMatchObject({
    status: 503,
    body: stale,
  });
  expect(await alice.ask("order:place", { ...order, sentAt: 10 })).toMatchObject({ error: stale });
  expect(await alice.ask("order:place", { ...order, sentAt: 30 })).toMatchObject({ ok: true });
  expect(await alice.ask("order:place", { ...order, sentAt: 10 })).toMatchObject({
    ok: true,
    replayed: true,
  });
});
