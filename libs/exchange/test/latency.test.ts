/** Portfolios of trade rooms, and orders that travel to the book. */
import { describe, expect, test } from "@jest/globals";
import type { Balance, Order } from "@mirrorbook/protocol";
import { limit, liveWorld, openRoom } from "./trading-world.ts";
import { SYMBOL, type World } from "./world.ts";

describe("portfolios and latency", () => {
  test("R1 a room's portfolio has its own money, fees and rules; its owner cannot fund it", () => {
    const world = liveWorld();
    openRoom(world, "alice", { takerFeeRate: "0.01", ownFunding: false });
    const { trades } = world.placed({ account: "room-1", quantity: "1" });
    expect(trades[0]).toMatchObject({ account: "room-1", fee: "0.01" });
    expect(world.field<Balance>("balance/room-1/SIM_USD")?.total).toBe("49899");
    const deposit = { account: "room-1", asset: "SIM_USD", amount: "1" };
    expect(world.send({ type: "account:deposit", ...deposit })).toMatchObject({
      ok: false,
      error: { code: "FORBIDDEN" },
    });
    openRoom(world, "alice", { trading: false });
    expect(world.place({ account: "room-1", quantity: "1" })).toMatchObject({
      ok: false,
      error: { code: "ROOM_STATE" },
    });
  });

  test("R2 with a latency an order meets the book of the moment it arrives", () => {
    const world = liveWorld();
    openRoom(world, "alice", { latency: { kind: "constant", ms: 50 } });
    const { order: placed } = world.placed({ account: "room-1", quantity: "1" });
    expect(placed.status).toBe("pending");
    world.depth({ asks: [[101, 0]] });
    world.pass(49);
    expect(world.events).toEqual([]);
    world.pass(1);
    expect(world.outcomes.at(-1)!.commits[0]!.trades).toMatchObject([{ price: "102.00" }]);
  });

  test("R3 sampled latencies lie in their range, differ, and are the same in every replay", () => {
    const arrivals = () => {
      const world = liveWorld();
      openRoom(world, "alice", { latency: { kind: "sampled", minMs: 10, maxMs: 20 } });
      const ids = Array.from({ length: 8 }, () => {
        return world.placed({ account: "room-1", ...limit("90", "1") }).order.id;
      });
      return ids.map(
        (id) =>
          world.field<{ state: { dueAtMs: number } }>(`order/${id}`)!.state.dueAtMs - world.nowMs,
      );
    };
    const delays = arrivals();
    expect(arrivals()).toEqual(delays);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeLessThanOrEqual(20);
    expect(new Set(delays).size).toBeGreaterThan(1);
  });

  test("R4 an immediate order that arrives at a stale market expires with that reason", () => {
    const world = liveWorld();
    openRoom(world, "alice", { latency: { kind: "constant", ms: 50 } });
    world.placed({ account: "room-1", quantity: "1" });
    world.status("stale");
    world.pass(50);
    expect(world.events[0]).toMatchObject(["order:expired", { reason: "MARKET_STALE" }]);
  });

  const stop = { account: "room-1", type: "stop", stopPrice: "105", quantity: "1" } as const;

  test("R5 a stop travels too: what trades meanwhile neither fires it nor starts a trailing one", () => {
    const world = distantWorld();
    const trailing = { account: "room-1", type: "trailing_stop", trailingBps: 100 } as const;
    world.placed(stop);
    const { order } = world.placed({ ...trailing, quantity: "1" });
    expect(order).toMatchObject({ status: "pending", stopPrice: null });
    world.trade(99, 0.1, "sell");
    world.trade(100, 0.1, "buy");
    world.pass(50);
    expect(world.field<{ order: Order }>(`order/${order.id}`)!.order.stopPrice).toBe("101.00");
    world.trade(105, 0.1, "buy");
    expect(world.events.filter(([name]) => name === "order:triggered")).toHaveLength(2);
  });

  test("R11 a trailing buy amended on its way keeps what it locked, for it has no price yet", () => {
    const world = distantWorld();
    const trailing = { account: "room-1", type: "trailing_stop", trailingBps: 100 } as const;
    const { order } = world.placed({ ...trailing, quantity: "2" });
    const locked = () => world.field<Balance>("balance/room-1/SIM_USD")?.locked;
    expect(locked()).toBe("202");
    world.send({ type: "order:amend", orderId: order.id, quantity: "1" });
    expect(locked()).toBe("202");
    world.pass(50);
    world.send({ type: "order:cancel", target: { orderId: order.id } });
    expect(locked()).toBe("0");
  });

  test("R6 a stop that the market passes on its way expires when it arrives", () => {
    const world = distantWorld();
    world.placed(stop);
    world.trade(105, 0.1, "buy");
    expect(world.events).toEqual([]);
    world.pass(50);
    expect(world.events[0]).toMatchObject(["order:expired", { reason: "WOULD_TRIGGER" }]);
    expect(world.exchange.hasOpenOrders("alice")).toBe(false);
  });

  const oco = {
    type: "order:place_oco",
    account: "room-1",
    symbol: SYMBOL,
    side: "buy",
    quantity: "1",
    price: "100.5",
    stopPrice: "105",
    stopLimitPrice: null,
  } as const;

  test("R7 the legs of an OCO arrive together, and wait from then on", () => {
    const world = distantWorld();
    expect(world.send(oco)).toMatchObject({
      ok: true,
      value: { orders: [{ status: "pending" }, { status: "pending" }] },
    });
    world.depth({ asks: [[100.5, 1]] });
    world.depth({ asks: [[100.5, 0]] });
    expect(world.events).toEqual([]);
    world.pass(50);
    expect(world.events.map(([name]) => name)).toEqual(["order:submitted"]);
    world.trade(105, 0.1, "buy");
    expect(progressOf(world)).toEqual([
      "order:triggered open",
      "order:expired expired",
      "order:submitted open",
      "order:filled filled",
    ]);
  });

  test.each([
    ["R8 the limit leg of an OCO would take when it arrives", "WOULD_MATCH"],
    ["R9 the stop leg of an OCO would fire when it arrives", "WOULD_TRIGGER"],
  ])("%s: both expire and free what they reserved", (_, reason) => {
    const world = distantWorld();
    world.send(oco);
    if (reason === "WOULD_MATCH") world.depth({ asks: [[100.5, 1]] });
    else world.trade(105, 0.1, "buy");
    world.pass(50);
    const ended = world.events.filter(([name]) => name === "order:expired");
    expect(ended.map(([, { reason }]) => reason)).toEqual([reason, reason]);
    expect(world.exchange.hasOpenOrders("alice")).toBe(false);
    expect(world.field<Balance>("balance/room-1/SIM_USD")?.locked).toBe("0");
  });

  test("R10 an OCO cancelled on its way never arrives", () => {
    const world = distantWorld();
    world.send(oco);
    world.send({ type: "order:cancel_all", account: "room-1", symbol: null });
    world.pass(50);
    expect(world.events).toEqual([]);
    expect(world.exchange.hasOpenOrders("alice")).toBe(false);
  });

  /** A room 50 ms away from a market that last traded at 100. */
  function distantWorld(): World {
    const world = liveWorld();
    openRoom(world, "alice", { latency: { kind: "constant", ms: 50 } });
    world.trade(100, 0.1, "sell");
    return world;
  }

  function progressOf(world: World): string[] {
    return world.events
      .filter(([name]) => name.startsWith("order:"))
      .map(([name, { order }]) => `${name} ${(order as Order).status}`);
  }
});
