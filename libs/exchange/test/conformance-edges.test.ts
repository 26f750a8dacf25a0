/** Numbered conformance cases: rules that could once be broken in the code without a test failing. */
import { describe, expect, test } from "@jest/globals";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import { limit, tradingWorld, usd } from "./trading-world.ts";
import { newOrder, World } from "./world.ts";

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
});
