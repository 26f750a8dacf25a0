/** Numbered conformance cases: rules that could once be broken in the code without a test failing. */
import { describe, expect, test } from "@jest/globals";
import type { NewOrder, Order } from "@mirrorbook/protocol";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import { latencyOf } from "../src/latency.ts";
import { advanceByTrade } from "../src/queue.ts";
import { limit, names, openOrder, tradingWorld, usd } from "./trading-world.ts";
import { newOrder, SYMBOL, World } from "./world.ts";

/** Another value for each field of an order: none may be left out of what a retry is recognised by. */
const ANOTHER: NewOrder = {
  account: "room-1",
  symbol: "ETHUSDT",
  side: "sell",
  type: "stop_limit",
  quantity: "2",
  quoteQuantity: "1",
  price: "97",
  stopPrice: "105",
  trailingBps: 10,
  timeInForce: "IOC",
  expireAtMs: 9_999_999_999_999,
  postOnly: true,
};

describe("edges", () => {
  test("E1 MAX_POSITION counts open buys", () => {
    const world = new World({ spec: marketSpec({ rules: { ...OPEN_RULES, maxPosition: "3" } }) });
    world.snapshot([[99, 5]], [[101, 5]]);
    world.placed(limit("98", "2"));
    expect(world.place(limit("98", "1"))).toMatchObject({ ok: true });
    expect(world.place(limit("98", "0.1"))).toMatchObject({
      ok: false,
      error: { code: "MAX_POSITION", details: { value: "3.1" } },
    });
  });

  test("E2 a replacement takes the place of the order it replaces, not one more", () => {
    const world = new World({ spec: marketSpec({ rules: { ...OPEN_RULES, maxNumOrders: 1 } }) });
    world.snapshot([[99, 5]], [[101, 5]]);
    const { order } = world.placed(limit("98", "1"));
    const replacement = newOrder(limit("97", "1"));
    const body = { type: "order:cancel_replace", orderId: order.id, order: replacement } as const;
    expect(world.send(body)).toMatchObject({ ok: true });
  });

  test("E3 a replaced sell frees base, which pays for no buy", () => {
    const world = tradingWorld();
    world.send({ type: "account:withdraw", account: "main", asset: "SIM_USD", amount: "99999" });
    const { order } = world.placed({ ...limit("110", "10"), side: "sell" });
    const buy = newOrder(limit("98", "0.1"));
    expect(
      world.send({ type: "order:cancel_replace", orderId: order.id, order: buy }),
    ).toMatchObject({ ok: false, error: { code: "INSUFFICIENT_BALANCE" } });
  });

  test("E4 an amendment to what has filled already is refused", () => {
    const world = tradingWorld();
    const { order } = world.placed(limit("101", "2"));
    expect(order.filledQuantity).toBe("1");
    expect(world.send({ type: "order:amend", orderId: order.id, quantity: "1" })).toMatchObject({
      ok: false,
      error: { code: "BAD_REQUEST" },
    });
  });

  test("E5 after a reset neither old profits nor old deposits count", () => {
    const world = tradingWorld();
    world.placed({ quantity: "1" });
    world.placed({ side: "sell", quantity: "1" });
    const answer = world.send({ type: "account:reset", account: "main" });
    expect(answer).toMatchObject({
      ok: true,
      value: { portfolio: { unrealizedPnL: "0", realizedPnL: "0", returnPercent: "0" } },
    });
    expect(world.field("account/main")).toMatchObject({ deposited: "100000" });
  });

  test("E6 a dead-man switch that has fired is off, also for a leader that takes over", () => {
    const world = tradingWorld();
    world.send({ type: "account:cancel_after", timeoutMs: 1_000 });
    world.pass(1_000);
    expect(world.field("meta")).toMatchObject({ cancelAtMs: null });
  });

  test("E7 no balance grows beyond its bound by deposits", () => {
    const world = new World({ startingBalance: "999999999999" });
    const deposit = (amount: string) =>
      world.send({ type: "account:deposit", account: "main", asset: "SIM_USD", amount });
    expect(deposit("2")).toMatchObject({ ok: false, error: { code: "LIMIT_EXCEEDED" } });
    expect(deposit("1")).toMatchObject({ ok: true });
    expect(usd(world).total).toBe("1000000000000");
  });

  test("E8 a trailing stop between two ticks fires at the far one", () => {
    const world = tradingWorld();
    world.trade(100.01, 0.1, "buy");
    world.placed({ side: "sell", type: "trailing_stop", trailingBps: 1, quantity: "1" });
    world.trade(100, 0.1, "sell");
    expect(names(world)).not.toContain("order:triggered");
    world.trade(99.99, 0.1, "sell");
    expect(names(world)).toContain("order:triggered");
  });

  test("E9 what a depth event moved an order is taken off late trades once", () => {
    const place = { ahead: 2, credit: 3 };
    expect(advanceByTrade(place, 3, true)).toBe(0);
    expect(advanceByTrade(place, 3, true)).toBe(1);
    expect(place).toEqual({ ahead: 0, credit: 0 });
  });

  test("E10 a replacement of one leg of an OCO has the room and the funds of both", () => {
    const world = tradingWorld({ maxNumOrders: 2 });
    world.trade(100, 0.1, "buy");
    const oco = { type: "order:place_oco", account: "main", symbol: SYMBOL, side: "sell" } as const;
    const prices = { price: "110", stopPrice: "95", stopLimitPrice: null };
    const answer = world.send<{ orders: Order[] }>({ ...oco, quantity: "10", ...prices });
    const stopLeg = answer.ok ? answer.value.orders[1]!.id : "";
    const order = newOrder({ ...limit("120", "10"), side: "sell" });
    const replaced = { type: "order:cancel_replace", orderId: stopLeg, order } as const;
    expect(world.send(replaced)).toMatchObject({ ok: true, value: { cancelled: { id: stopLeg } } });
  });

  test.each(Object.keys(ANOTHER) as (keyof NewOrder)[])(
    "E11 the same key with another %s is another command",
    (field) => {
      const world = tradingWorld();
      const order = newOrder({ ...limit("98", "1"), timeInForce: "GTC" });
      expect(world.place(order, { key: "mine" })).toMatchObject({ ok: true });
      expect(world.place({ ...order, [field]: ANOTHER[field] }, { key: "mine" })).toMatchObject({
        ok: false,
        error: { code: "COMMAND_ID_REUSED" },
      });
    },
  );

  test("E13 orders that waited for a market reach it oldest first, in whatever order users were loaded", () => {
    const world = tradingWorld();
    world.status("stale");
    const first = world.placed(limit("101", "1"), "bob").order;
    const second = world.placed(limit("101", "1"), "alice").order;
    const later = tradingWorld();
    later.status("stale");
    for (const userId of ["alice", "bob"]) {
      const { version, fields } = world.stored.get(userId)!;
      later.stored.set(userId, { version, fields: { ...fields } });
      later.exchange.loadUser({ userId, version, fields });
    }
    later.status("live");
    expect(openOrder(later, first.id, "bob")).toBeUndefined();
    expect(openOrder(later, second.id)).toMatchObject({ status: "open", filledQuantity: "0" });
  });

  test("E12 no latency is longer than a minute", () => {
    expect(latencyOf({ kind: "constant", ms: 600_000 }, "o-1-1")).toBe(60_000);
    expect(latencyOf({ kind: "sampled", minMs: 90_000, maxMs: 99_000 }, "o-1-1")).toBe(60_000);
  });

  test("E14 a command of a later release is refused, changes nothing and breaks nothing", () => {
    const world = tradingWorld();
    expect(world.send({ type: "order:unheard_of" } as never)).toMatchObject({
      ok: false,
      error: { code: "UNAVAILABLE", retry: true },
    });
    expect(world.events).toEqual([]);
    expect(world.place({ quantity: "1" })).toMatchObject({ ok: true });
  });
});
