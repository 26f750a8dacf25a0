/** Numbered conformance cases: stops, take-profits, trailing stops, OCO. */
import { describe, expect, test } from "@jest/globals";
import type { Balance, NewOrder, Order } from "@mirrorbook/protocol";
import { BIDS, limit, names, openOrder, progress, tradingWorld, usd } from "./trading-world.ts";
import { SYMBOL, World } from "./world.ts";

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

  test("O9 a stop-limit leg takes over the reserve when it fires, and rests with it", () => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    const legs = { side: "buy", price: "90", stopPrice: "105", stopLimitPrice: "100" } as const;
    world.send({ ...oco, ...legs });
    expect(usd(world).locked).toBe("200");
    world.trade(105, 0.1, "buy");
    expect(names(world)).toContain("order:triggered");
    expect(usd(world)).toMatchObject({ locked: "200", total: "100000" });
    world.send({ type: "order:cancel_all", account: "main", symbol: null });
    expect(usd(world)).toMatchObject({ locked: "0", available: "100000" });
  });

  /** Only the limit leg's id was looked up: the open order lost its id to the stop leg. */
  test.each(["limit", "stop"])(
    "O8 an open order keeps its client id against an OCO's %s leg",
    (leg) => {
      const world = tradingWorld();
      world.trade(100, 0.1, "buy");
      const key = `mine.${leg}`;
      const open = world.place(limit("98", "1"), { key });
      const reused = { ok: false, error: { code: "COMMAND_ID_REUSED" } };
      expect(world.send(oco, { key: "mine" })).toMatchObject(reused);
      const cancelled = world.send<{ order: Order }>({
        type: "order:cancel",
        target: { clientOrderId: key },
      });
      expect(open.ok && cancelled.ok && cancelled.value.order.id === open.value.order.id).toBe(
        true,
      );
    },
  );

  test("O10 the client id of an order that has ended is free for an OCO's leg", () => {
    const world = tradingWorld();
    world.trade(100, 0.1, "buy");
    world.place(limit("98", "1"), { key: "mine.stop" });
    world.send({ type: "order:cancel_all", account: "main", symbol: null });
    expect(world.send(oco, { key: "mine" })).toMatchObject({ ok: true });
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
