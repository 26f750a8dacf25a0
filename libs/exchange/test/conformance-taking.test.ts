/** Numbered conformance cases: market and limit orders, times in force. */
import { describe, expect, test } from "@jest/globals";
import type { NewOrder, Order } from "@mirrorbook/protocol";
import {
  ASKS,
  BIDS,
  limit,
  names,
  openOrder,
  progress,
  tradingWorld,
  usd,
} from "./trading-world.ts";
import { START_MS, SYMBOL, World } from "./world.ts";

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
