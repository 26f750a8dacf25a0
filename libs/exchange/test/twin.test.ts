import { expect, test } from "@jest/globals";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { Order } from "@mirrorbook/protocol";
import { marketSpec } from "@mirrorbook/testkit/market-spec";
import fc from "fast-check";
import { NaiveTwin } from "./naive-twin.ts";
import { START_MS, SYMBOL, World } from "./world.ts";

/** Few prices, so that things meet; the book is mostly uncrossed, or nothing would rest for long. */
const price = fc.integer({ min: 1, max: 6 });
const low = fc.integer({ min: 1, max: 3 });
const high = fc.integer({ min: 4, max: 6 });
const size = fc.integer({ min: 1, max: 20 });
const lag = fc.integer({ min: 0, max: 9 });
const side = fc.constantFrom("buy", "sell");

const depthAt = (which: "bid" | "ask", at: fc.Arbitrary<number>) =>
  fc.record({
    kind: fc.constant("depth" as const),
    side: fc.constant(which),
    price: at,
    size: fc.integer({ min: 0, max: 20 }),
    lag,
  });
const trade = fc.record({ kind: fc.constant("trade" as const), side, price, size, lag });
const limit = fc.record({
  kind: fc.constant("limit" as const),
  side,
  price,
  size,
  time: fc.constantFrom("GTC", "GTC", "GTC", "IOC", "FOK"),
  postOnly: fc.boolean(),
});
const market = fc.record({ kind: fc.constant("market" as const), side, size });
const cancel = fc.record({ kind: fc.constant("cancel" as const), which: fc.nat({ max: 20 }) });

const step = fc.oneof(
  { weight: 5, arbitrary: depthAt("bid", low) },
  { weight: 5, arbitrary: depthAt("ask", high) },
  { weight: 1, arbitrary: depthAt("bid", price) },
  { weight: 1, arbitrary: depthAt("ask", price) },
  { weight: 4, arbitrary: trade },
  { weight: 4, arbitrary: limit },
  { weight: 1, arbitrary: market },
  { weight: 1, arbitrary: cancel },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The exchange and its twin, in whole units of 1 tick and 1 lot. */
class Pair {
  readonly twin = new NaiveTwin();
  readonly world: World;
  readonly #filled = new Map<string, number>();
  #bookTime = START_MS;

  constructor() {
    const spec = marketSpec({ priceDecimals: 0, sizeDecimals: 0 });
    this.world = new World({ spec, startingBalance: "1000000" });
    this.world.snapshot([], []);
    this.world.trade(6, 1, "buy", 0); // Long ago: it prices the deposit and nothing else.
    const deposit = { account: "main", asset: "SIM_BTC", amount: "1000000" } as const;
    expect(this.world.send({ type: "account:deposit", ...deposit }).ok).toBe(true);
  }

  apply(step: Step): void {
    this.world.nowMs++;
    const told = this.world.outcomes.length;
    if (step.kind === "depth") this.#depth(step);
    else if (step.kind === "trade") this.#trade(step);
    else if (step.kind === "cancel") this.#cancel(step.which);
    else this.#place(step);
    for (const { trades } of this.world.outcomes.slice(told).flatMap(({ commits }) => commits)) {
      for (const { orderId, quantity } of trades) {
        this.#filled.set(orderId, (this.#filled.get(orderId) ?? 0) + Number(quantity));
      }
    }
    this.compare();
  }

  compare(): void {
    const { twin, world } = this;
    expect(new Map([...this.#filled].sort())).toEqual(new Map([...twin.filled].sort()));
    const held = world.exchange.held(SYMBOL, "global");
    for (const [levels, expected] of [
      [held.bids, twin.held.bid],
      [held.asks, twin.held.ask],
    ] as const) {
      const found = levels.map(([at, lots]): [number, number] => [Number(at), Number(lots)]);
      expect(found.sort()).toEqual([...expected].sort());
    }
    expect(this.#open().sort()).toEqual(
      twin.orders.map(({ id, left, ahead, credit }) => `${id} ${left} ${ahead} ${credit}`).sort(),
    );
  }

  #open(): string[] {
    const fields = this.world.stored.get("alice")?.fields ?? {};
    return Object.keys(fields)
      .filter((field) => field.startsWith("order/"))
      .map((field) => {
        const { order } = this.world.field<{ order: Order }>(field)!;
        const track = this.world.field<{ ahead: number; credit: number }>(`track/${order.id}`)!;
        return `${order.id} ${order.remainingQuantity} ${track.ahead} ${track.credit}`;
      });
  }

  #depth(step: Extract<Step, { kind: "depth" }>): void {
    const { world, twin } = this;
    this.#bookTime = Math.max(this.#bookTime, world.nowMs - step.lag);
    const id = world.exchange.book(SYMBOL)!.lastUpdateId + 1;
    const ids = { firstUpdateId: id, finalUpdateId: id, exchangeTimeMs: this.#bookTime };
    const level = [[step.price as Ticks, step.size as Lots]] as const;
    const sides = step.side === "bid" ? { bids: level, asks: [] } : { bids: [], asks: level };
    world.apply({ kind: "depth", event: { symbol: SYMBOL, ...ids, ...sides }, atMs: world.nowMs });
    twin.depth(step.side as "bid" | "ask", step.price, step.size, this.#bookTime);
  }

  #trade(step: Extract<Step, { kind: "trade" }>): void {
    const { world, twin } = this;
    const aggressor = step.side as "buy" | "sell";
    world.trade(step.price, step.size, aggressor, world.nowMs + 1 - step.lag);
    twin.trade(step.price, step.size, aggressor, world.nowMs - step.lag);
  }

  #place(step: Extract<Step, { kind: "limit" | "market" }>): void {
    const { world, twin } = this;
    const isLimit = step.kind === "limit";
    const limit = isLimit ? step.price : null;
    const time = isLimit ? (step.time as "GTC" | "IOC" | "FOK") : "IOC";
    const postOnly = isLimit && step.postOnly && time === "GTC";
    const orderSide = step.side as "buy" | "sell";
    const answer = world.place({
      type: step.kind,
      side: orderSide,
      quantity: String(step.size),
      price: limit === null ? null : String(limit),
      timeInForce: time,
      postOnly,
    });
    const id = `o-${world.lastCommandId}`;
    const verdict = twin.place(id, orderSide, step.size, limit, {
      now: world.nowMs,
      time,
      postOnly,
    });
    expect(answer.ok ? "taken" : "refused").toBe(verdict);
  }

  #cancel(which: number): void {
    const order = this.twin.orders[which];
    if (order === undefined) return;
    this.world.send({ type: "order:cancel", target: { orderId: order.id } });
    this.twin.cancel(order.id);
  }
}

test("property: fills, queues and what is held are those of the naive twin, after every step", () => {
  let filled = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: "max" }), (steps) => {
      const pair = new Pair();
      for (const next of steps) pair.apply(next);
      filled += pair.twin.filled.size;
    }),
    { numRuns: 100 },
  );
  expect(filled).toBeGreaterThan(400);
});
