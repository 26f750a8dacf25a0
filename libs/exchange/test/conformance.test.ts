/** Numbered conformance cases: order types, times in force, and what may be done to an open order. */
import { describe, expect, test } from "@jest/globals";
import type { Balance, NewOrder, Order, Position } from "@mirrorbook/protocol";
import { type PlainLevel, START_MS, SYMBOL, World } from "./world.ts";

const BIDS: PlainLevel[] = [
  [99, 1],
  [98, 2],
  [97, 3],
];
const ASKS: PlainLevel[] = [
  [101, 1],
  [102, 2],
  [103, 3],
];

/** A live market of six levels and a user who owns 10 BTC beside 100,000 USD, bought elsewhere. */
function tradingWorld(): World {
  const world = new World();
  world.snapshot(BIDS, ASKS);
  const answer = world.send({
    type: "account:deposit",
    account: "main",
    asset: "SIM_BTC",
    amount: "10",
  });
  expect(answer.ok).toBe(true);
  return world;
}

const limit = (price: string, quantity: string, order: Partial<NewOrder> = {}) =>
  ({ type: "limit", price, quantity, ...order }) as const;

function usd(world: World, user = "alice"): Balance {
  return world.field<Balance>("balance/main/SIM_USD", user)!;
}

function openOrder(world: World, id: string, user = "alice"): Order | undefined {
  return world.field<{ order: Order }>(`order/${id}`, user)?.order;
}

function names(world: World): string[] {
  return world.events.map(([name]) => name);
}

/** Events of an order in the last outcome, with the status they tell. */
function progress(world: World): string[] {
  return world.events
    .filter(([name]) => name.startsWith("order:"))
    .map(([name, { order }]) => `${name} ${(order as Order).status}`);
}

describe("taking", () => {
  test("M1 a market order by quantity walks the levels and ends filled", () => {
    const world = tradingWorld();
    const { order, trades } = world.placed({ quantity: "2.5" });
    expect(trades.map(({ price, quantity }) => [price, quantity])).toEqual([
      ["101.00", "1"],
      ["102.00", "1.5"],
    ]);
    expect(order).toMatchObject({ status: "filled", filledQuantity: "2.5", averagePrice: "101.6" });
    expect(names(world)).toEqual([
      "order:created",
      "order:submitted",
      "trade:executed",
      "trade:executed",
      "order:filled",
      "trade:impact",
      "position:updated",
      "balance:updated",
      "balance:updated",
      "portfolio:updated",
    ]);
  });

  test("M2 what a market order finds no liquidity for expires", () => {
    const world = tradingWorld();
    const { order } = world.placed({ quantity: "7" });
    expect(order).toMatchObject({
      status: "expired",
      filledQuantity: "6",
      remainingQuantity: "1",
      reason: "INSUFFICIENT_LIQUIDITY",
    });
    expect(progress(world)).toEqual([
      "order:created open",
      "order:submitted open",
      "order:partially_filled partially_filled",
      "order:expired expired",
    ]);
  });

  test("M3 a market buy by quote amount spends as much as whole steps allow, never more", () => {
    const world = tradingWorld();
    const { order, trades } = world.placed({ quoteQuantity: "203.10" });
    expect(trades.map(({ quantity }) => quantity)).toEqual(["1", "1.0009"]);
    expect(order).toMatchObject({ status: "filled", quantity: null, filledQuantity: "2.0009" });
    expect(usd(world).total).toBe("99796.9082");
  });

  test("M4 a market sell by quote amount receives no more than asked", () => {
    const world = tradingWorld();
    const { trades } = world.placed({ side: "sell", quoteQuantity: "150" });
    expect(trades.map(({ quantity, price }) => [quantity, price])).toEqual([
      ["1", "99.00"],
      ["0.5204", "98.00"],
    ]);
  });

  test("M5 a market order by quote amount too small for one lot is refused", () => {
    expect(tradingWorld().place({ quoteQuantity: "0.001" })).toMatchObject({
      ok: false,
      error: { code: "LOT_SIZE", details: { limit: "0.0001", value: "0" } },
    });
    const strict = tradingWorldWithLots();
    expect(strict.place({ quoteQuantity: "5" })).toMatchObject({
      ok: false,
      error: { code: "LOT_SIZE", details: { rule: "LOT_SIZE.minQty", limit: "0.1", value: "0" } },
    });
  });

  test("M6 a market order into an empty side: by quantity it expires, by quote amount it is refused", () => {
    const world = new World();
    world.snapshot(BIDS, []);
    expect(world.placed({ quantity: "1" }).order).toMatchObject({
      status: "expired",
      filledQuantity: "0",
      reason: "INSUFFICIENT_LIQUIDITY",
    });
    expect(world.place({ quoteQuantity: "100" })).toMatchObject({
      ok: false,
      error: { code: "NO_LIQUIDITY", retry: true },
    });
  });

  test("M7 a market order that cannot be paid for is refused whole, not trimmed", () => {
    const world = new World({ startingBalance: "150" });
    world.snapshot(BIDS, ASKS);
    expect(world.place({ quantity: "2" })).toMatchObject({
      ok: false,
      error: { code: "INSUFFICIENT_BALANCE", details: { limit: "150" } },
    });
    expect(progress(world)).toEqual(["order:rejected rejected"]);
    expect(usd(world)).toMatchObject({ total: "150", locked: "0" });
    expect(world.exchange.held(SYMBOL, "global")).toEqual({ bids: [], asks: [] });
  });

  test("M8 what was taken stays taken: the next order goes on where the first ended", () => {
    const world = tradingWorld();
    world.placed({ quantity: "1.5" });
    expect(world.placed({ quantity: "1" }, "bob").trades.map(({ price }) => price)).toEqual([
      "102.00",
    ]);
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([
      ["101.00", "1"],
      ["102.00", "1.5"],
    ]);
  });

  test("M9 every fill carries the update id of the book it was made on, and the impact names what it took", () => {
    const world = tradingWorld();
    world.depth({ asks: [[101, 0.5]] });
    const { trades } = world.placed({ quantity: "1" });
    expect(trades.map(({ bookUpdateId }) => bookUpdateId)).toEqual([2, 2]);
    const [, impact] = world.events.find(([name]) => name === "trade:impact")!;
    expect(impact).toMatchObject({
      consumedAsks: [
        ["101.00", "0.5"],
        ["102.00", "0.5"],
      ],
      consumedBids: [],
      averagePrice: "101.5",
      slippageBps: "49.50",
    });
  });
});

function tradingWorldWithLots(): World {
  const base = new World().spec;
  const rules = { ...base.rules, lot: { min: "0.1", max: "100", step: "0.1" } };
  const world = new World({ spec: { ...base, rules } });
  world.snapshot(BIDS, ASKS);
  return world;
}

describe("limit orders and times in force", () => {
  test("L1 a limit order that does not cross rests and reserves its price times its size", () => {
    const world = tradingWorld();
    const { order, trades } = world.placed(limit("98", "2"));
    expect(trades).toEqual([]);
    expect(order).toMatchObject({ status: "open", queueAhead: "2", remainingQuantity: "2" });
    expect(usd(world)).toMatchObject({ total: "100000", available: "99804", locked: "196" });
    expect(openOrder(world, order.id)?.status).toBe("open");
  });

  test("L2 a crossing limit order takes up to its price, and the rest of it rests there", () => {
    const world = tradingWorld();
    const { order, trades } = world.placed(limit("102", "4"));
    expect(trades.map(({ price }) => price)).toEqual(["101.00", "102.00"]);
    expect(order).toMatchObject({
      status: "partially_filled",
      filledQuantity: "3",
      queueAhead: "0",
    });
    expect(usd(world)).toMatchObject({ total: "99695", locked: "102" });
  });

  test("L3 filling better than the limit frees what was reserved too much", () => {
    const world = tradingWorld();
    world.placed(limit("103", "1"));
    expect(usd(world)).toMatchObject({ total: "99899", available: "99899", locked: "0" });
  });

  test("L4 post-only rests, or is refused when it would take", () => {
    const world = tradingWorld();
    expect(world.placed(limit("100", "1", { postOnly: true })).order.status).toBe("open");
    expect(world.place(limit("101", "1", { postOnly: true }))).toMatchObject({
      ok: false,
      error: { code: "WOULD_MATCH", details: { limit: "101.00", value: "101.00" } },
    });
  });

  test.each<[string, Partial<NewOrder>, Partial<Order>]>([
    [
      "L5 IOC takes what there is and expires",
      limit("101", "3", { timeInForce: "IOC" }),
      { status: "expired", filledQuantity: "1", reason: "UNFILLED_IOC_QUANTITY_EXPIRED" },
    ],
    [
      "L6 IOC that finds nothing expires",
      limit("100", "1", { timeInForce: "IOC" }),
      { status: "expired", filledQuantity: "0", reason: "UNFILLED_IOC_QUANTITY_EXPIRED" },
    ],
    [
      "L7 FOK that cannot fill whole takes nothing",
      limit("101", "3", { timeInForce: "FOK" }),
      { status: "expired", filledQuantity: "0", reason: "UNFILLED_FOK_ORDER_EXPIRED" },
    ],
    [
      "L8 FOK that can fill whole fills",
      limit("102", "3", { timeInForce: "FOK" }),
      { status: "filled", filledQuantity: "3", reason: null },
    ],
  ])("%s", (_, order, expected) => {
    const world = tradingWorld();
    expect(world.placed(order).order).toMatchObject(expected);
    expect(usd(world).locked).toBe("0");
  });

  test("L9 GTD expires at its time, DAY at midnight UTC, and both free their reserve", () => {
    const world = tradingWorld();
    const gtd = limit("98", "1", { timeInForce: "GTD", expireAtMs: START_MS + 5_000 });
    const { order } = world.placed(gtd);
    const day = world.placed(limit("97", "1", { timeInForce: "DAY" })).order;
    expect(day.expireAt).toBe("2024-08-09T00:00:00.000Z");
    world.pass(4_999);
    expect(names(world)).toEqual([]);
    world.pass(1);
    expect(world.events[0]).toMatchObject([
      "order:expired",
      { reason: "TIME_IN_FORCE", order: { id: order.id } },
    ]);
    world.pass(12 * 3_600_000);
    expect(world.events[0]).toMatchObject(["order:expired", { order: { id: day.id } }]);
    expect(usd(world)).toMatchObject({ available: "100000", locked: "0" });
  });

  test("L10 a GTD order for a time that has passed is refused", () => {
    const world = tradingWorld();
    const late = limit("98", "1", { timeInForce: "GTD", expireAtMs: START_MS });
    expect(world.place(late)).toMatchObject({ ok: false, error: { code: "BAD_REQUEST" } });
  });
});

describe("orders that wait for the market", () => {
  test.each<[string, Partial<NewOrder>, number, number]>([
    [
      "T1 a stop sell fires when the last trade falls to it",
      { side: "sell", type: "stop", stopPrice: "95" },
      95.01,
      95,
    ],
    [
      "T2 a stop buy fires when the last trade rises to it",
      { side: "buy", type: "stop", stopPrice: "105" },
      104.99,
      105,
    ],
    [
      "T3 a take-profit sell fires above",
      { side: "sell", type: "take_profit", stopPrice: "105" },
      104.99,
      105.5,
    ],
    [
      "T4 a take-profit buy fires below",
      { side: "buy", type: "take_profit", stopPrice: "95" },
      95.01,
      94,
    ],
  ])("%s and fills at market, however far the market has gapped", (_, order, miss, hit) => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    const placed = world.placed({ ...order, quantity: "1" }).order;
    expect(placed.status).toBe("pending");
    world.trade(miss, 0.1, "buy");
    expect(names(world)).not.toContain("order:triggered");
    world.trade(hit, 0.1, order.side === "sell" ? "sell" : "buy");
    expect(progress(world)).toEqual([
      "order:triggered open",
      "order:submitted open",
      "order:filled filled",
    ]);
    const [, executed] = world.events.find(([name]) => name === "trade:executed")!;
    const price = order.side === "sell" ? "99.00" : "101.00";
    expect(executed).toMatchObject({ trade: { price } });
    expect(usd(world).locked).toBe("0");
  });

  test("T5 a stop-limit keeps its reserve, becomes a limit order when fired, and may rest", () => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    const { order } = world.placed({
      type: "stop_limit",
      stopPrice: "105",
      price: "100",
      quantity: "2",
    });
    expect(usd(world).locked).toBe("200");
    world.trade(105, 0.1, "buy");
    expect(progress(world)).toEqual(["order:triggered open", "order:submitted open"]);
    expect(openOrder(world, order.id)).toMatchObject({ status: "open", queueAhead: "0" });
    expect(usd(world).locked).toBe("200");
  });

  test("T6 an order the last trade has passed already is refused", () => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    expect(
      world.place({ side: "sell", type: "stop", stopPrice: "100", quantity: "1" }),
    ).toMatchObject({
      ok: false,
      error: { code: "WOULD_TRIGGER" },
    });
  });

  test("T7 a stop buy whose real cost cannot be paid when it fires expires whole", () => {
    const world = new World({ startingBalance: "110" });
    world.snapshot(BIDS, [[200, 5]]);
    world.trade(100, 0.1, "buy");
    world.placed({ type: "stop", stopPrice: "105", quantity: "1" });
    expect(usd(world).locked).toBe("105");
    world.trade(106, 0.1, "buy");
    expect(progress(world).at(-1)).toBe("order:expired expired");
    const [, expired] = world.events.find(([name]) => name === "order:expired")!;
    expect(expired).toMatchObject({ reason: "INSUFFICIENT_BALANCE" });
    expect(usd(world)).toMatchObject({ total: "110", locked: "0" });
  });

  test("T8 a trailing sell follows the highest trade and fires at its distance from it (Binance FAQ, scenario E)", () => {
    const world = tradingWorld();
    world.snapshot([[9, 5]], [[700, 1]], 5);
    world.trade(400, 0.1, "buy");
    const { order } = world.placed({
      side: "sell",
      type: "trailing_stop",
      trailingBps: 700,
      quantity: "1",
    });
    expect(order.stopPrice).toBe("372.00");
    world.trade(420, 0.1, "buy");
    world.trade(395, 0.1, "sell");
    world.trade(455, 0.1, "buy");
    expect(openOrder(world, order.id)?.stopPrice).toBe("423.15");
    world.trade(423.16, 0.1, "sell");
    expect(names(world)).not.toContain("order:triggered");
    world.trade(423.15, 0.1, "sell");
    expect(names(world)).toContain("order:triggered");
  });

  test("T9 a trailing buy with a start price ignores the market until then (Binance FAQ, scenario A)", () => {
    const world = tradingWorld();
    world.trade(400, 0.1, "buy");
    const { order } = world.placed({
      type: "trailing_stop",
      stopPrice: "440",
      trailingBps: 500,
      quantity: "1",
    });
    world.trade(370, 0.1, "sell");
    expect(openOrder(world, order.id)?.stopPrice).toBe("440.00");
    world.trade(440, 0.1, "buy");
    world.trade(460, 0.1, "buy");
    world.trade(420, 0.1, "sell");
    expect(openOrder(world, order.id)?.stopPrice).toBe("441.00");
    world.trade(440.99, 0.1, "buy");
    expect(names(world)).not.toContain("order:triggered");
    world.trade(441, 0.1, "buy");
    expect(names(world)).toContain("order:triggered");
  });
});

describe("one cancels the other", () => {
  const oco = {
    type: "order:place_oco",
    account: "main",
    symbol: SYMBOL,
    side: "sell",
    quantity: "2",
    price: "110",
    stopPrice: "95",
    stopLimitPrice: null,
  } as const;

  function placedOco(): { world: World; limitId: string; stopId: string } {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    const answer = world.send<{ orders: Order[] }>(oco);
    if (!answer.ok) throw new Error(answer.error.message);
    const [limitLeg, stopLeg] = answer.value.orders as [Order, Order];
    expect(limitLeg.listId).toBe(stopLeg.listId);
    return { world, limitId: limitLeg.id, stopId: stopLeg.id };
  }

  test("O1 both legs share one reserve", () => {
    const { world } = placedOco();
    expect(world.field<Balance>("balance/main/SIM_BTC")).toMatchObject({
      locked: "2",
      total: "10",
    });
  });

  test("O2 when the stop fires the limit leg expires", () => {
    const { world, limitId, stopId } = placedOco();
    world.trade(94, 0.1, "sell");
    expect(
      world.events
        .filter(([name]) => name.startsWith("order:"))
        .map(([name, { order }]) => [name, (order as Order).id]),
    ).toEqual([
      ["order:triggered", stopId],
      ["order:expired", limitId],
      ["order:submitted", stopId],
      ["order:filled", stopId],
    ]);
    expect(world.field<Balance>("balance/main/SIM_BTC")).toMatchObject({ locked: "0", total: "8" });
  });

  test("O3 when the limit leg fills, even in part, the stop leg expires", () => {
    const { world, limitId, stopId } = placedOco();
    world.trade(111, 0.5, "buy");
    expect(openOrder(world, limitId)).toMatchObject({
      status: "partially_filled",
      filledQuantity: "0.5",
    });
    expect(openOrder(world, stopId)).toBeUndefined();
    expect(world.field<Balance>("balance/main/SIM_BTC")).toMatchObject({
      locked: "1.5",
      total: "9.5",
    });
    world.trade(94, 0.1, "sell");
    expect(names(world)).not.toContain("order:triggered");
  });

  test("O4 cancelling one leg, by id or by the client's id, cancels both", () => {
    const { world, stopId } = placedOco();
    world.send({ type: "order:cancel", target: { orderId: stopId } });
    expect(progress(world)).toEqual(["order:cancelled cancelled", "order:cancelled cancelled"]);
    expect(world.exchange.hasOpenOrders("alice")).toBe(false);
  });

  test.each([
    ["O5 a limit leg that would take is refused", { price: "99" }, "WOULD_MATCH"],
    ["O6 a stop leg that would fire is refused", { stopPrice: "101" }, "WOULD_TRIGGER"],
    ["O7 an OCO without the funds is refused", { quantity: "11" }, "INSUFFICIENT_BALANCE"],
  ])("%s, and nothing is left of it", (_, change, code) => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    expect(world.send({ ...oco, ...change })).toMatchObject({ ok: false, error: { code } });
    expect(world.exchange.hasOpenOrders("alice")).toBe(false);
  });
});

describe("changing and cancelling", () => {
  test("C1 an amendment lowers the quantity and keeps the place in the queue", () => {
    const world = tradingWorld();
    const { order } = world.placed(limit("98", "2"));
    world.depth({ bids: [[98, 9]] });
    const answer = world.send({ type: "order:amend", orderId: order.id, quantity: "0.5" });
    expect(answer).toMatchObject({
      ok: true,
      value: { order: { quantity: "0.5", queueAhead: "2" } },
    });
    expect(usd(world).locked).toBe("49");
  });

  test.each([
    ["C2 not upwards", "3", "BAD_REQUEST"],
    ["C3 not to the same", "2", "BAD_REQUEST"],
    ["C4 not finer than the market", "0.00001", "LOT_SIZE"],
  ])("%s", (_, quantity, code) => {
    const world = tradingWorld();
    const { order } = world.placed(limit("98", "2"));
    const answer = world.send({ type: "order:amend", orderId: order.id, quantity });
    expect(answer).toMatchObject({ ok: false, error: { code } });
    expect(openOrder(world, order.id)?.quantity).toBe("2");
  });

  test("C5 cancelling frees the reserve; a second cancel finds no order", () => {
    const world = tradingWorld();
    const { order } = world.placed(limit("98", "2"));
    const target = { orderId: order.id };
    expect(world.send({ type: "order:cancel", target })).toMatchObject({
      ok: true,
      value: { order: { status: "cancelled", reason: "CANCELLED_BY_USER" } },
    });
    expect(usd(world)).toMatchObject({ available: "100000", locked: "0" });
    expect(world.send({ type: "order:cancel", target })).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_ORDER" },
    });
  });

  test("C6 nobody cancels another's order", () => {
    const world = tradingWorld();
    const { order } = world.placed(limit("98", "2"));
    const answer = world.send(
      { type: "order:cancel", target: { orderId: order.id } },
      { user: "mallory" },
    );
    expect(answer).toMatchObject({ ok: false, error: { code: "UNKNOWN_ORDER" } });
    expect(openOrder(world, order.id)?.status).toBe("open");
  });

  test("C7 cancel-replace uses what the old order had reserved", () => {
    const world = new World({ startingBalance: "100" });
    world.snapshot(BIDS, ASKS);
    const { order } = world.placed(limit("98", "1"));
    const replacement = {
      ...limit("97", "1"),
      account: "main",
      symbol: SYMBOL,
    } as Partial<NewOrder>;
    const answer = world.send({
      type: "order:cancel_replace",
      orderId: order.id,
      order: { ...EMPTY, ...replacement },
    });
    expect(answer).toMatchObject({
      ok: true,
      value: {
        cancelled: { status: "cancelled", reason: "REPLACED" },
        placed: { order: { status: "open", price: "97.00" } },
      },
    });
    expect(usd(world).locked).toBe("97");
  });

  test("C8 when the replacement is refused the old order stays as it was", () => {
    const world = new World({ startingBalance: "100" });
    world.snapshot(BIDS, ASKS);
    const { order } = world.placed(limit("98", "1"));
    const answer = world.send({
      type: "order:cancel_replace",
      orderId: order.id,
      order: { ...EMPTY, ...limit("98", "2") },
    });
    expect(answer).toMatchObject({ ok: false, error: { code: "INSUFFICIENT_BALANCE" } });
    expect(openOrder(world, order.id)).toMatchObject({ status: "open", queueAhead: "2" });
  });

  test("C9 cancel-all takes the oldest first and keeps to its account and market", () => {
    const world = tradingWorld();
    const first = world.placed(limit("98", "1")).order.id;
    const second = world.placed(limit("97", "1")).order.id;
    const elsewhere = world.send<{ orders: Order[] }>({
      type: "order:cancel_all",
      account: "main",
      symbol: "ETHUSDT",
    });
    expect(elsewhere).toMatchObject({ ok: true, value: { orders: [] } });
    const answer = world.send<{ orders: Order[] }>({
      type: "order:cancel_all",
      account: null,
      symbol: null,
    });
    expect(answer.ok && answer.value.orders.map(({ id }) => id)).toEqual([first, second]);
  });

  test("C10 the dead-man switch cancels everything unless it is refreshed", () => {
    const world = tradingWorld();
    world.placed(limit("98", "1"));
    const arm = (timeoutMs: number) => world.send({ type: "account:cancel_after", timeoutMs });
    expect(arm(5_000)).toMatchObject({ ok: true, value: { cancelAt: "2024-08-08T12:00:05.000Z" } });
    world.pass(4_000);
    arm(5_000);
    world.pass(4_999);
    expect(world.exchange.hasOpenOrders("alice")).toBe(true);
    world.pass(1);
    expect(progress(world)).toEqual(["order:cancelled cancelled"]);
    world.placed(limit("98", "1"));
    arm(5_000);
    expect(arm(0)).toMatchObject({ ok: true, value: { cancelAt: null } });
    world.pass(60_000);
    expect(world.exchange.hasOpenOrders("alice")).toBe(true);
  });
});

const EMPTY: NewOrder = {
  account: "main",
  symbol: SYMBOL,
  side: "buy",
  type: "limit",
  quantity: null,
  quoteQuantity: null,
  price: null,
  stopPrice: null,
  trailingBps: null,
  timeInForce: "GTC",
  expireAtMs: null,
  postOnly: false,
};

describe("a market that is not live (P6)", () => {
  test.each(["stale", "resyncing"] as const)(
    "P6a while %s, immediate orders are refused and can be sent again",
    (status) => {
      const world = tradingWorld();
      world.status(status);
      for (const order of [{ quantity: "1" }, limit("101", "1", { timeInForce: "IOC" })]) {
        expect(world.place(order)).toMatchObject({
          ok: false,
          error: { code: "MARKET_STALE", retry: true },
        });
      }
      const key = { key: "again" };
      expect(world.place({ quantity: "1" }, key)).toMatchObject({ ok: false });
      world.status("live");
      expect(world.place({ quantity: "1" }, key)).toMatchObject({
        ok: true,
        value: { order: { status: "filled" } },
      });
    },
  );

  test("P6b a halted market takes no order at all; Binance's own status halts it too", () => {
    const world = tradingWorld();
    world.status("halted");
    expect(world.place(limit("98", "1"))).toMatchObject({
      ok: false,
      error: { code: "MARKET_HALTED" },
    });
    world.status("live");
    world.apply({ kind: "market", spec: { ...world.spec, status: "BREAK" }, atMs: world.nowMs });
    expect(world.place(limit("98", "1"))).toMatchObject({
      ok: false,
      error: { code: "MARKET_HALTED" },
    });
  });

  test("P6c an order that may rest waits, and takes when matching resumes", () => {
    const world = tradingWorld();
    world.status("stale");
    const { order } = world.placed(limit("101", "1"));
    expect(order.status).toBe("pending");
    expect(usd(world).locked).toBe("101");
    world.status("live");
    expect(progress(world)).toEqual(["order:submitted open", "order:filled filled"]);
  });

  test("P6d neither trades nor depth fill or fire anything while it is stale", () => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    world.placed(limit("98", "1"));
    world.placed({ side: "sell", type: "stop", stopPrice: "95", quantity: "1" });
    world.status("stale");
    world.trade(90, 50, "sell");
    expect(names(world)).toEqual([]);
    world.depth({
      bids: [
        [98, 0],
        [99, 0],
        [97, 0],
      ],
      asks: [[97.5, 4]],
    });
    expect(names(world)).not.toContain("trade:executed");
    world.status("live");
    expect(world.events.filter(([name]) => name === "trade:executed")).toHaveLength(1);
  });

  test("P6e a gap in the depth events stops matching until the next snapshot", () => {
    const world = tradingWorld();
    const event = {
      symbol: SYMBOL,
      firstUpdateId: 10,
      finalUpdateId: 11,
      exchangeTimeMs: world.nowMs,
      bids: [],
      asks: [],
    };
    world.apply({ kind: "depth", event, atMs: world.nowMs });
    expect(world.place({ quantity: "1" })).toMatchObject({
      ok: false,
      error: { code: "MARKET_STALE" },
    });
    world.snapshot(BIDS, ASKS, 20);
    expect(world.place({ quantity: "1" })).toMatchObject({ ok: true });
  });
});

describe("money and positions", () => {
  test("A1 fees come off what is received, and a fee in base reduces the position", () => {
    const world = new World({ takerFeeRate: "0.001" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    expect(world.field<Balance>("balance/main/SIM_BTC")?.total).toBe("0.999");
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      quantity: "0.999",
      entryPrice: "101",
      realizedPnL: "-0.101",
      currentPrice: "99",
    });
    world.placed({ side: "sell", quantity: "0.5" });
    expect(usd(world).total).toBe("99948.4505");
  });

  test("A2 the entry price is the weighted average; a sale realises against it, net of fees", () => {
    const world = new World({ takerFeeRate: "0" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    world.placed({ quantity: "1" });
    expect(world.field<Position>("position/main/BTCUSDT")?.entryPrice).toBe("101.5");
    const { trades } = world.placed({ side: "sell", quantity: "1" });
    expect(trades[0]).toMatchObject({ type: "exit", realizedPnL: "-2.5" });
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      quantity: "1",
      entryPrice: "101.5",
    });
  });

  test("A3 selling everything closes the position; dust that cannot be sold is carried into the next", () => {
    const base = new World().spec;
    const rules = { ...base.rules, lot: { min: "0.1", max: "100", step: "0.1" } };
    const world = new World({ spec: { ...base, rules }, takerFeeRate: "0.01" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    world.placed({ side: "sell", quantity: "0.9" });
    expect(names(world)).toContain("position:closed");
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      status: "closed",
      quantity: "0.09",
    });
    world.placed({ quantity: "1" });
    expect(names(world)).toContain("position:opened");
    expect(world.field<Position>("position/main/BTCUSDT")).toMatchObject({
      status: "open",
      quantity: "1.08",
    });
  });

  test("A4 equity less deposits is realised plus unrealised P&L", () => {
    const world = new World({ takerFeeRate: "0.001", makerFeeRate: "0.0005" });
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "2.5" });
    world.placed({ side: "sell", quantity: "0.7" });
    const [, portfolio] = world.events.find(([name]) => name === "portfolio:updated")!;
    const { unrealizedPnL } = world.field<Position>("position/main/BTCUSDT")!;
    expect(portfolio).toMatchObject({ unrealizedPnL });
    const profit = Number(portfolio.equity) - 100_000;
    expect(Number(portfolio.realizedPnL) + Number(unrealizedPnL)).toBeCloseTo(profit, 9);
  });

  test("A5 deposits and withdrawals are bounded and move what was paid in, not the P&L", () => {
    const world = tradingWorld();
    const transfer = (
      type: "account:deposit" | "account:withdraw",
      amount: string,
      asset = "SIM_USD",
    ) => world.send({ type, account: "main", asset, amount });
    expect(transfer("account:deposit", "1000000001")).toMatchObject({
      ok: false,
      error: { code: "LIMIT_EXCEEDED" },
    });
    expect(transfer("account:deposit", "5", "SIM_DOGE")).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_MARKET" },
    });
    expect(transfer("account:withdraw", "100000.01")).toMatchObject({
      ok: false,
      error: { code: "INSUFFICIENT_BALANCE" },
    });
    expect(transfer("account:withdraw", "40000")).toMatchObject({
      ok: true,
      value: { balance: { total: "60000" } },
    });
    expect(world.events.at(-1)).toMatchObject([
      "portfolio:updated",
      { equity: "60990", realizedPnL: "0", unrealizedPnL: "0", returnPercent: "0" },
    ]);
  });

  test("A6 a reset cancels, returns everything and starts anew", () => {
    const world = tradingWorld();
    world.placed({ quantity: "1" });
    world.placed(limit("98", "1"));
    expect(world.send({ type: "account:reset", account: "main" })).toMatchObject({
      ok: true,
      value: { portfolio: { equity: "100000", realizedPnL: "0" } },
    });
    expect(names(world)).toEqual(expect.arrayContaining(["order:cancelled", "position:closed"]));
    expect(world.field("position/main/BTCUSDT")).toBeUndefined();
    expect(world.field<Balance>("balance/main/SIM_BTC")?.total).toBe("0");
  });
});

describe("once and only once (P3)", () => {
  test("I1 the same key with the same order gives the first answer again and changes nothing", () => {
    const world = tradingWorld();
    const first = world.place({ quantity: "1" }, { key: "mine" });
    const again = world.place({ quantity: "1" }, { key: "mine" });
    expect(again).toEqual({ ...first, replayed: true });
    expect(world.outcomes.at(-1)?.commits).toEqual([]);
  });

  test("I2 the same key with another order is refused", () => {
    const world = tradingWorld();
    world.place({ quantity: "1" }, { key: "mine" });
    expect(world.place({ quantity: "2" }, { key: "mine" })).toMatchObject({
      ok: false,
      error: { code: "COMMAND_ID_REUSED" },
    });
  });

  test("I3 a refusal is repeated too, though the order would pass now", () => {
    const world = tradingWorld();
    const order = limit("101", "1", { postOnly: true });
    world.place(order, { key: "mine" });
    world.depth({ asks: [[101, 0]] });
    expect(world.place(order, { key: "mine" })).toMatchObject({
      ok: false,
      error: { code: "WOULD_MATCH" },
    });
  });

  test("I4 a command read again after a takeover gives its answer and changes nothing", () => {
    const world = tradingWorld();
    const body = { type: "order:place", order: { ...EMPTY, ...limit("98", "1") } } as const;
    const first = world.send(body, { id: `${START_MS}-77`, key: "k" });
    expect(world.send(body, { id: `${START_MS}-77`, key: "k" })).toEqual({
      ...first,
      replayed: true,
    });
    expect(world.send(body, { id: `${START_MS}-76`, key: "older" })).toMatchObject({
      ok: false,
      error: { code: "OUTCOME_UNKNOWN" },
    });
    expect(world.outcomes.at(-1)?.commits).toEqual([]);
  });

  test("I5 a user's first order opens the main portfolio by itself", () => {
    const world = new World();
    world.snapshot(BIDS, ASKS);
    world.placed({ quantity: "1" });
    expect(usd(world).total).toBe("99899");
    expect(world.outcomes.at(-1)?.commits[0]?.postings[0]).toMatchObject({
      debit: "issuance",
      amount: "100000",
    });
  });

  test("I6 only the newest answers are kept, and an open order's client id is still not taken twice", () => {
    const world = tradingWorld();
    world.place(limit("90", "1"), { key: "first" });
    for (let i = 0; i < 70; i++) world.send({ type: "account:cancel_after", timeoutMs: 0 });
    const answers = Object.keys(world.stored.get("alice")!.fields).filter((field) =>
      field.startsWith("answer/"),
    );
    expect(answers).toHaveLength(64);
    expect(world.place(limit("90", "1"), { key: "first" })).toMatchObject({
      ok: false,
      error: { code: "COMMAND_ID_REUSED" },
    });
  });
});
