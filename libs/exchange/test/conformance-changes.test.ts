/** Numbered conformance cases: amending and cancelling, and markets that are not live. */
import { describe, expect, test } from "@jest/globals";
import type { NewOrder, Order } from "@mirrorbook/protocol";
import {
  ASKS,
  BIDS,
  EMPTY,
  limit,
  names,
  openOrder,
  progress,
  tradingWorld,
  usd,
} from "./trading-world.ts";
import { SYMBOL, World } from "./world.ts";

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
