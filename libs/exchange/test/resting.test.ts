/** Queue places, fill models, held liquidity: how resting orders meet the market. */
import { describe, expect, test } from "@jest/globals";
import type { NewOrder, Order, PortfolioSettings } from "@mirrorbook/protocol";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import fc from "fast-check";
import { advanceByDepth, advanceByTrade } from "../src/queue.ts";
import { liveWorld, openRoom } from "./trading-world.ts";
import { SYMBOL, World } from "./world.ts";

const bid = (quantity: string, price = "99"): Partial<NewOrder> => ({
  type: "limit",
  price,
  quantity,
});
function order(world: World, id: string, user = "alice"): Order {
  return world.field<{ order: Order }>(`order/${id}`, user)!.order;
}

/** Exact place in the queue, in lots, as stored. */
function ahead(world: World, id: string, user = "alice"): number {
  return world.field<{ ahead: number }>(`track/${id}`, user)!.ahead;
}

/** Who filled how much in the last outcome. */
function fills(world: World): [user: string, quantity: string][] {
  return world.outcomes
    .at(-1)!
    .commits.flatMap(({ userId, trades }) =>
      trades.map(({ quantity }): [string, string] => [userId, quantity]),
    );
}

describe("the queue", () => {
  test("Q1 trades at the price consume the queue first, then the order", () => {
    const world = liveWorld();
    const { id } = world.placed(bid("2")).order;
    world.trade(99, 4, "sell");
    expect(ahead(world, id)).toBe(10_000);
    expect(fills(world)).toEqual([]);
    world.trade(99, 1.5, "sell");
    expect(fills(world)).toEqual([["alice", "0.5"]]);
    world.trade(99, 9, "sell");
    expect(fills(world)).toEqual([["alice", "1.5"]]);
  });

  test("Q2 trades of the other side, or at worse prices, do nothing", () => {
    const world = liveWorld();
    const { id } = world.placed(bid("2")).order;
    world.trade(99, 4, "buy");
    world.trade(99.5, 4, "sell");
    expect(ahead(world, id)).toBe(50_000);
  });

  test("Q3 a trade through the price fills, bounded by its volume", () => {
    const world = liveWorld();
    world.placed(bid("2"));
    world.trade(98, 0.75, "sell");
    expect(fills(world)).toEqual([["alice", "0.75"]]);
    const [executed] = world.outcomes.at(-1)!.commits[0]!.trades;
    expect(executed).toMatchObject({ price: "99.00", liquidity: "maker" });
  });

  test("Q4 a trade and the depth event that contains it count once", () => {
    const world = liveWorld();
    const { id } = world.placed(bid("2")).order;
    world.trade(99, 4, "sell");
    world.depth({ bids: [[99, 1]] });
    expect(ahead(world, id)).toBe(10_000);
  });

  test("Q5 nor twice when the trade is told after the depth event", () => {
    const world = liveWorld();
    world.depth({ bids: [[99, 10]] });
    const { id } = world.placed(bid("2")).order;
    world.depth({ bids: [[99, 20]] });
    world.nowMs += 100;
    // 6 of 20 vanish; with half of the queue behind, the model puts 3 of them ahead.
    world.depth({ bids: [[99, 14]] });
    expect(ahead(world, id)).toBe(70_000);
    world.trade(99, 6, "sell", world.nowMs);
    expect(ahead(world, id)).toBe(40_000);
    expect(fills(world)).toEqual([]);
  });

  test("Q6 a trade that was over before the order joined does not move it", () => {
    const world = liveWorld();
    world.nowMs += 100;
    world.depth({ bids: [[99, 4]] });
    const { id } = world.placed(bid("2")).order;
    world.trade(99, 3, "sell", world.nowMs - 50);
    expect(ahead(world, id)).toBe(40_000);
  });

  test("Q7 cancellations move it up by the probability model, never beyond what is displayed", () => {
    const world = liveWorld();
    const { id } = world.placed(bid("2")).order;
    world.depth({ bids: [[99, 10]] });
    world.depth({ bids: [[99, 8]] });
    expect(ahead(world, id)).toBe(40_000);
    world.depth({ bids: [[99, 1]] });
    expect(ahead(world, id)).toBeLessThanOrEqual(10_000);
    world.depth({ bids: [[99, 0]] });
    world.depth({ bids: [[99, 9]] });
    expect(ahead(world, id)).toBe(0);
  });

  test("Q8 an order that joins after a trade stands behind what is left, not behind what is displayed", () => {
    const world = liveWorld();
    world.trade(99, 4, "sell");
    expect(world.placed(bid("2")).order.queueAhead).toBe("1");
  });

  test("Q9 two orders of ours at one price: the second gets what is left of a trade", () => {
    const world = liveWorld();
    world.placed(bid("2"), "alice");
    world.placed(bid("2"), "bob");
    world.trade(99, 8, "sell");
    expect(fills(world)).toEqual([
      ["alice", "2"],
      ["bob", "1"],
    ]);
  });

  test("Q10 one trade's volume is shared out once, best price first", () => {
    const world = liveWorld();
    world.placed(bid("2", "98"), "alice");
    world.placed(bid("2", "99"), "bob");
    world.trade(97, 3, "sell");
    expect(fills(world)).toEqual([
      ["bob", "2"],
      ["alice", "1"],
    ]);
  });

  test("Q11 the place is told when it has halved or is at the front, and stored whenever it moves", () => {
    const world = liveWorld();
    const { id } = world.placed(bid("2")).order;
    world.trade(99, 1, "sell");
    expect(world.events).toEqual([]);
    expect(order(world, id).queueAhead).toBe("5");
    world.trade(99, 2, "sell");
    expect(world.events).toMatchObject([["order:queue_moved", { order: { queueAhead: "2" } }]]);
    expect(order(world, id).queueAhead).toBe("2");
  });

  test("Q12 a resynchronisation bounds the place by what is displayed; a price it does not reach stays as it was", () => {
    const world = liveWorld();
    const near = world.placed(bid("1", "99")).order.id;
    const far = world.placed(bid("1", "98")).order.id;
    world.snapshot([[99, 2]], [[101, 5]], 50);
    expect(ahead(world, near)).toBe(20_000);
    expect(ahead(world, far)).toBe(50_000);
  });

  test.each<[string, number, number, number, number, number]>([
    ["all of a decrease that trades explain is no cancellation", 50, 100, 60, 40, 50],
    ["with nothing behind, every cancellation was ahead", 100, 100, 70, 0, 70],
    ["with as much behind as ahead, half of them", 50, 100, 90, 0, 45],
    ["with little ahead, few of them: p = 90² / (90² + 10²)", 10, 100, 50, 0, 10],
    ["what the model puts behind beyond what is there, was ahead", 20, 100, 5, 0, 5],
    ["what it puts ahead beyond what is there, was behind", 80, 100, 10, 0, 0],
    ["an increase is behind", 50, 100, 150, 0, 50],
  ])("Q13 %s", (_, front, before, after, traded, expected) => {
    const place = { ahead: front, credit: 0 };
    advanceByDepth(place, before, after, traded);
    expect(place.ahead).toBe(expected);
  });

  test("property: Q14 the place never grows, never exceeds the level, and what moved it is remembered", () => {
    const size = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(size, fc.array(fc.tuple(size, size, fc.boolean())), (start, steps) => {
        const place = { ahead: start, credit: 0 };
        let displayed = start;
        for (const [next, traded, isTrade] of steps) {
          const before = place.ahead;
          if (isTrade) {
            expect(advanceByTrade(place, traded, false)).toBe(Math.max(0, traded - before));
          } else {
            advanceByDepth(place, displayed, next, Math.min(traded, displayed));
            displayed = next;
            expect(place.ahead).toBeLessThanOrEqual(displayed);
          }
          expect(place.ahead).toBeLessThanOrEqual(before);
          expect(place.ahead).toBeGreaterThanOrEqual(0);
        }
        expect(place.credit).toBeLessThanOrEqual(start);
      }),
    );
  });
});

describe("fill models", () => {
  test.each<[PortfolioSettings["fillModel"], string | null, number, number]>([
    ["queue", "5", 0, 0],
    ["touch", "0", 2, 0],
    ["cross", null, 0, 2],
  ])(
    "FM %s: ahead %s, fills %d at the price and %d beyond it",
    (fillModel, shown, atPrice, beyond) => {
      const world = liveWorld();
      openRoom(world, "alice", { fillModel });
      const placed = world.placed({ ...bid("2"), account: "room-1" });
      expect(placed.order.queueAhead).toBe(shown);
      world.trade(99, 3, "sell");
      expect(fills(world).reduce((sum, [, quantity]) => sum + Number(quantity), 0)).toBe(atPrice);
      if (fillModel === "queue") return;
      world.trade(98.99, 3, "sell");
      expect(fills(world).reduce((sum, [, quantity]) => sum + Number(quantity), 0)).toBe(beyond);
    },
  );

  test("FM4 cross does not fill against a book that only comes to its price", () => {
    const world = liveWorld();
    openRoom(world, "alice", { fillModel: "cross" });
    world.placed({ ...bid("2", "100"), account: "room-1" });
    world.depth({ asks: [[100, 5]] });
    expect(fills(world)).toEqual([]);
    world.depth({ asks: [[99.99, 1]] });
    expect(fills(world)).toEqual([["alice", "1"]]);
  });
});

describe("held liquidity", () => {
  test("H1 liquidity that comes to a resting order fills it, at its own price, and is held", () => {
    const world = liveWorld();
    world.placed(bid("2", "100"));
    world.depth({ asks: [[99.5, 1.25]] });
    expect(fills(world)).toEqual([["alice", "1.25"]]);
    expect(world.outcomes.at(-1)!.commits[0]!.trades[0]).toMatchObject({
      price: "100.00",
      liquidity: "maker",
    });
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([["99.50", "1.25"]]);
    world.depth({ asks: [[99.5, 1.75]] });
    expect(fills(world)).toEqual([["alice", "0.5"]]);
  });

  test("H2 a decrease lowers what is held; an increase above the low is new", () => {
    const world = liveWorld();
    world.placed({ quantity: "4" });
    world.depth({ asks: [[101, 3]] });
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([["101.00", "3"]]);
    world.depth({ asks: [[101, 5]] });
    expect(
      world.placed({ quantity: "3" }, "bob").trades.map(({ price, quantity }) => [price, quantity]),
    ).toEqual([
      ["101.00", "2"],
      ["102.00", "1"],
    ]);
  });

  test("H3 an unrelated change of the level gives nothing back", () => {
    const world = liveWorld();
    world.placed({ quantity: "5" });
    for (const size of [6, 5.5, 6, 5.9]) world.depth({ asks: [[101, size]] });
    // 6 is 1 above the low of 5; the fall to 5.5 took that back to 0.5, and so on.
    const { trades } = world.placed({ quantity: "2" }, "bob");
    const at101 = trades.filter(({ price }) => price === "101.00");
    expect(at101.reduce((sum, { quantity }) => sum + Number(quantity), 0)).toBeLessThanOrEqual(1);
  });

  test("H4 a level that goes and comes back is new; one a snapshot does not reach is not", () => {
    const world = liveWorld();
    world.placed({ quantity: "8" });
    world.depth({ asks: [[101, 0]] });
    world.depth({ asks: [[101, 5]] });
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([["102.00", "3"]]);
    world.snapshot([[99, 5]], [[101, 5]], 60);
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([["102.00", "3"]]);
    world.depth({ asks: [[102, 4]] });
    expect(world.placed({ quantity: "7" }, "bob").order.filledQuantity).toBe("6");
  });

  test("H5 what has traded away but is still displayed cannot be taken", () => {
    const world = liveWorld();
    world.trade(101, 4, "buy");
    expect(
      world.placed({ quantity: "2" }).trades.map(({ price, quantity }) => [price, quantity]),
    ).toEqual([
      ["101.00", "1"],
      ["102.00", "1"],
    ]);
    world.depth({ asks: [[101, 1]] });
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([
      ["101.00", "1"],
      ["102.00", "1"],
    ]);
  });

  test("H6 a room with a book of its own neither sees nor touches what others took", () => {
    const world = liveWorld();
    openRoom(world, "bob", { heldScope: "account" });
    openRoom(world, "carol", { heldScope: "account" });
    world.placed({ quantity: "5" }, "alice");
    const room = { account: "room-1", quantity: "5" };
    expect(world.placed(room, "bob").trades.map(({ price }) => price)).toEqual(["101.00"]);
    expect(world.placed(room, "carol").trades.map(({ price }) => price)).toEqual(["102.00"]);
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([["101.00", "5"]]);
    expect(world.exchange.held(SYMBOL, "room-1").asks).toHaveLength(2);
  });

  test("H8 a new book with less at a price lowers what is held there, as an update would", () => {
    const world = liveWorld();
    world.placed({ quantity: "4" });
    world.snapshot([[99, 5]], [[101, 1]], 2);
    expect(world.exchange.held(SYMBOL, "global").asks).toEqual([["101.00", "1"]]);
    world.depth({ asks: [[101, 4]] });
    expect(world.placed({ quantity: "4" }).order).toMatchObject({ filledQuantity: "3" });
  });

  test("H9 a level finer than the market's step is taken in whole steps", () => {
    const rules = { ...OPEN_RULES, lot: { min: "0.1", max: null, step: "0.1" } };
    const world = new World({ spec: marketSpec({ rules }) });
    world.snapshot(
      [[99, 5]],
      [
        [101, 0.25],
        [102, 5],
      ],
    );
    const { trades } = world.placed({ quantity: "0.3" });
    expect(trades).toMatchObject([{ quantity: "0.2" }, { price: "102.00", quantity: "0.1" }]);
    const quote = world.placed({ quoteQuantity: "25" });
    expect(quote.trades).toMatchObject([{ price: "102.00", quantity: "0.2" }]);
  });

  test("H7 held changes are told absolutely, and a gone level as 0", () => {
    const world = liveWorld();
    world.placed({ quantity: "1" });
    const level = { symbol: SYMBOL, scope: "global", side: "ask", price: "101.00" };
    expect(world.outcomes.at(-1)!.held).toEqual([{ ...level, size: "1" }]);
    world.depth({ asks: [[101, 0]] });
    expect(world.outcomes.at(-1)!.held).toEqual([{ ...level, size: "0" }]);
  });
});

describe("preview", () => {
  test("V1 says what placing would do, from the same code, and changes nothing", () => {
    const world = liveWorld();
    const digest = world.exchange.digest();
    const preview = world.send({ type: "order:preview", order: { ...MARKET_BUY, quantity: "8" } });
    expect(preview).toEqual({
      ok: true,
      value: {
        averagePrice: "101.375",
        worstPrice: "102.00",
        slippageBps: "37.13",
        filledQuantity: "8",
        value: "811",
        fee: "0",
        feeAsset: "SIM_BTC",
        levels: 2,
        remainingQuantity: "0",
        bookUpdateId: 1,
      },
    });
    expect(world.exchange.digest()).toBe(digest);
    const { order: placed } = world.placed({ quantity: "8" });
    expect(placed.averagePrice).toBe("101.375");
  });

  test("V2 is refused as placing would be", () => {
    const world = liveWorld();
    const order = { ...MARKET_BUY, side: "sell" as const, quantity: "1" };
    expect(world.send({ type: "order:preview", order })).toMatchObject({
      ok: false,
      error: { code: "INSUFFICIENT_BALANCE" },
    });
  });
});

const MARKET_BUY: NewOrder = {
  account: "main",
  symbol: SYMBOL,
  side: "buy",
  type: "market",
  quantity: null,
  quoteQuantity: null,
  price: null,
  stopPrice: null,
  trailingBps: null,
  timeInForce: "IOC",
  expireAtMs: null,
  postOnly: false,
};
