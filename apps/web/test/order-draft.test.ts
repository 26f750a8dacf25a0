import { expect, test } from "@jest/globals";
import type { MarketInfo } from "@mirrorbook/protocol";
import { PlaceOco, PlaceOrder } from "@mirrorbook/protocol";
import fc from "fast-check";
import {
  amountForShare,
  type Draft,
  EMPTY_DRAFT,
  orderOf,
  stepped,
  TICKET_TYPES,
} from "../src/ticket/order-draft.ts";

const market = {
  symbol: "BTCUSDT",
  base: "SIM_BTC",
  quote: "SIM_USD",
  priceDecimals: 2,
  tickSize: "0.01000000",
  stepSize: "0.00001000",
} as MarketInfo;
const now = new Date("2026-01-01T12:00:00Z");
const full: Draft = {
  ...EMPTY_DRAFT,
  amount: "0.5",
  price: "60000",
  stopPrice: "59000.5",
  goodTill: "2026-01-02T12:00",
};
const draft = (change: Partial<Draft>): Draft => ({ ...full, ...change });

test("property: whatever the ticket sends, the wire contract takes", () => {
  const drafts = fc.record({
    type: fc.constantFrom(...TICKET_TYPES),
    side: fc.constantFrom("buy" as const, "sell" as const),
    unit: fc.constantFrom("base" as const, "quote" as const),
    timeInForce: fc.constantFrom("GTC", "IOC", "FOK", "GTD", "DAY") as fc.Arbitrary<
      Draft["timeInForce"]
    >,
    postOnly: fc.boolean(),
    stopPrice: fc.constantFrom("", "59000", "59000.5"),
    stopLimitPrice: fc.constantFrom("", "58900"),
    amount: fc.constantFrom("", "0", "1", ".5", "1,000", "0.000011", "x"),
    price: fc.constantFrom("", "60000", "60,000.01", "60000.001"),
    trailing: fc.constantFrom("", "1", "0.015", "101"),
  });
  fc.assert(
    fc.property(drafts, (change) => {
      const outcome = orderOf(draft(change), market, "main", now);
      if (outcome.kind === "order") expect(PlaceOrder.parse(outcome.order)).toEqual(outcome.order);
      if (outcome.kind === "oco") expect(PlaceOco.parse(outcome.oco)).toEqual(outcome.oco);
      if (outcome.kind === "incomplete") expect(outcome.problem).not.toBe("");
    }),
  );
});

test.each([
  { rule: "market by quantity", change: { type: "market" }, order: { quantity: "0.5" } },
  { rule: "market by money", change: { type: "market", unit: "quote" }, order: { quoteQuantity: "0.5" } },
  { rule: "limit", change: { type: "limit" }, order: { price: "60000", timeInForce: "GTC" } },
  { rule: "post only", change: { type: "limit", postOnly: true }, order: { postOnly: true } },
  { rule: "stop", change: { type: "stop" }, order: { stopPrice: "59000.5" } },
  { rule: "stop limit", change: { type: "stop_limit" }, order: { stopPrice: "59000.5", price: "60000" } },
  { rule: "trail in per cent", change: { type: "trailing_stop", trailing: "1.5" }, order: { trailingBps: 150 } },
  { rule: "till a moment", change: { timeInForce: "GTD" }, order: { expireAt: expect.any(String) } },
] as const)("$rule", ({ change, order }) => {
  expect(orderOf(draft(change), market, "main", now)).toMatchObject({ kind: "order", order });
}); // biome-ignore format: a table

test.each([
  { rule: "no amount", change: { amount: "" }, field: "amount" },
  { rule: "amount off the step", change: { amount: "0.000001" }, field: "amount" },
  { rule: "price off the tick", change: { price: "60000.001" }, field: "price" },
  { rule: "no trigger", change: { type: "stop", stopPrice: "" }, field: "stopPrice" },
  { rule: "trail too wide", change: { type: "trailing_stop", trailing: "200" }, field: "trailing" },
  { rule: "a moment gone by", change: { timeInForce: "GTD", goodTill: "2025-01-01T00:00" }, field: "goodTill" },
] as const)("incomplete: $rule", ({ change, field }) => {
  expect(orderOf(draft(change), market, "main", now)).toMatchObject({ kind: "incomplete", field });
}); // biome-ignore format: a table

test("a market order ignores terms that the form still remembers from a limit order", () => {
  const outcome = orderOf(
    draft({ type: "market", postOnly: true, timeInForce: "FOK" }),
    market,
    "room-cup",
    now,
  );
  expect(outcome).toEqual({
    kind: "order",
    order: {
      pair: "BTCUSDT",
      account: "room-cup",
      side: "buy",
      type: "market",
      quantity: "0.5",
    },
  });
});

test("property: a share never asks for more than there is, and lies on the step", () => {
  const cents = fc.integer({ min: 0, max: 100_000_000 });
  const shares = fc.record({
    quote: cents,
    base: cents,
    price: fc.integer({ min: 1, max: 10_000_000 }),
    percent: fc.constantFrom(25, 50, 75, 100),
    side: fc.constantFrom("buy" as const, "sell" as const),
  });
  fc.assert(
    fc.property(shares, ({ quote, base, price, percent, side }) => {
      const means = {
        base: (base / 1e6).toFixed(6),
        quote: (quote / 100).toFixed(2),
        marketPrice: null,
      };
      const limit = draft({ side, price: (price / 100).toFixed(2) });
      const amount = Number(amountForShare(limit, market, means, percent));
      const [worth, most] =
        side === "buy" ? [amount * (price / 100), quote / 100] : [amount, base / 1e6];
      expect(worth).toBeLessThanOrEqual((most * percent) / 100 + 1e-9);
      expect(Math.abs(amount * 1e5 - Math.round(amount * 1e5))).toBeLessThan(1e-4);
    }),
  );
});

test("the whole balance is offered exactly, not rounded by floats", () => {
  const means = { base: "0.3", quote: "0", marketPrice: null };
  expect(amountForShare(draft({ side: "sell" }), market, means, 100)).toBe("0.3");
});

test.each([
  { text: "60000.01", by: 1, next: "60000.02" },
  { text: "60000.01", by: -10, next: "59999.91" },
  { text: "", by: 1, next: "100.01" },
  { text: "0.01", by: -5, next: "0.01" },
])("a step from '$text' by $by is $next", ({ text, by, next }) => {
  expect(stepped(text, "0.01", by, "100")).toBe(next);
});
