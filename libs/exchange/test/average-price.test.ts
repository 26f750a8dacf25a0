/** Rules that are measured against an average price, as rows of their own beside those in rules.test.ts. */
import { describe, expect, test } from "@jest/globals";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import fc from "fast-check";
import { AveragePrice } from "../src/average-price.ts";
import { World } from "./world.ts";

const MINUTE_MS = 60_000;

/** Least value 50 and at most 10 % above, measured over so many minutes; 9 BTC traded at 100 and 1 at 200. */
function worldOver(avgPriceMins: number): World {
  const world = new World({ spec: marketSpec({ rules: rulesOver(avgPriceMins) }) });
  world.snapshot([[90, 50]], [[300, 50]]);
  world.trade(100, 9, "buy");
  world.pass(30_000);
  world.trade(200, 1, "buy");
  return world;
}

const rulesOver = (avgPriceMins: number) => ({
  ...OPEN_RULES,
  notional: { ...OPEN_RULES.notional, min: "50", applyMinToMarket: true, avgPriceMins },
  percentPrice: { ...OPEN_RULES.percentPrice, bidUp: "1.1", avgPriceMins },
});

const market = (quantity: string) => ({ quantity });
const limit = (price: string) => ({ type: "limit", price, quantity: "1" }) as const;

/** What the order is measured at: the limit of the band is 1.1 times that. */
function bandOf(world: World): unknown {
  const answer = world.place(limit("999"));
  return answer.ok ? null : (answer.error.details as { limit: string }).limit;
}

describe("the average price of a rule's minutes", () => {
  test("F29 weighs trades by their size: 9 at 100 and 1 at 200 make 110", () => {
    const world = worldOver(1);
    expect(world.place(market("0.4546"))).toMatchObject({ ok: true });
    expect(world.place(market("0.4545"))).toMatchObject({
      ok: false,
      error: {
        code: "NOTIONAL",
        details: { rule: "NOTIONAL.minNotional", limit: "50", value: "49.995" },
      },
    });
    expect(world.place(limit("121"))).toMatchObject({ ok: true });
    expect(world.place(limit("121.01"))).toMatchObject({
      ok: false,
      error: {
        code: "PERCENT_PRICE",
        details: { rule: "PERCENT_PRICE.multiplierUp", limit: "121", value: "121.01" },
      },
    });
  });

  test("F30 of 0 minutes is the last trade", () => {
    expect(bandOf(worldOver(0))).toBe("220");
  });

  test("F31 forgets what is older, and when nothing is left is the last trade", () => {
    const world = worldOver(1);
    expect(bandOf(world)).toBe("121");
    world.pass(30_000);
    expect(bandOf(world)).toBe("220");
    world.trade(100, 3, "sell");
    expect(bandOf(world)).toBe("137.5");
    world.pass(10 * MINUTE_MS);
    expect(bandOf(world)).toBe("110");
  });

  test("F32 is kept when new rules ask for the same minutes, and begins anew for others", () => {
    const world = worldOver(1);
    const tell = (avgPriceMins: number) => {
      const spec = marketSpec({ rules: rulesOver(avgPriceMins) });
      world.apply({ kind: "market", spec, atMs: world.nowMs });
    };
    tell(1);
    expect(bandOf(world)).toBe("121");
    tell(5);
    expect(bandOf(world)).toBe("220");
  });

  test("F33 before the first trade is the middle of the book", () => {
    const world = new World({ spec: marketSpec({ rules: rulesOver(5) }) });
    world.snapshot([[90, 50]], [[110, 50]]);
    expect(bandOf(world)).toBe("110");
  });

  test("F34 a stop is measured at its own price, not at the average", () => {
    const world = worldOver(1);
    const stop = (quantity: string) => ({ type: "stop", stopPrice: "250", quantity }) as const;
    expect(world.place(stop("0.2"))).toMatchObject({ ok: true });
    expect(world.place(stop("0.1999"))).toMatchObject({ ok: false, error: { code: "NOTIONAL" } });
  });
});

test("property: it is the mean over the seconds of the window, and holds one number a second", () => {
  const trade = fc.record({
    price: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    size: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    laterMs: fc.oneof(fc.nat(900), fc.nat(40_000)),
  });
  fc.assert(
    fc.property(fc.array(trade, { minLength: 1 }), fc.nat(90_000), (trades, askedAfterMs) => {
      const average = new AveragePrice(1);
      let nowMs = 1_000_000;
      const told = trades.map(({ price, size, laterMs }) => {
        nowMs += laterMs;
        average.add(price as Ticks, size as Lots, nowMs);
        return { price: BigInt(price), size: BigInt(size), second: Math.floor(nowMs / 1_000) };
      });
      const askedAtMs = nowMs + askedAfterMs;
      const since = Math.floor(askedAtMs / 1_000) - 60;
      const inWindow = told.filter(({ second }) => second > since);
      expect(average.at(askedAtMs)).toEqual({
        value: inWindow.reduce((sum, { price, size }) => sum + price * size, 0n),
        size: inWindow.reduce((sum, { size }) => sum + size, 0n),
      });
      expect(average.state.split(",").length).toBeLessThanOrEqual(60);
    }),
  );
});
