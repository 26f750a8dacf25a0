/** What the conformance cases share: a small live market and short words for orders and what is told of them. */
import { expect } from "@jest/globals";
import type { MarketRules } from "@mirrorbook/book";
import type { Balance, NewOrder, Order, PortfolioSettings } from "@mirrorbook/protocol";
import { marketSpec, OPEN_RULES } from "@mirrorbook/testkit/market-spec";
import { MAIN_SETTINGS } from "../src/index.ts";
import { type PlainLevel, SYMBOL, World } from "./world.ts";

export const BIDS: PlainLevel[] = [
  [99, 1],
  [98, 2],
  [97, 3],
];
export const ASKS: PlainLevel[] = [
  [101, 1],
  [102, 2],
  [103, 3],
];

/** A live market of six levels and a user who owns 10 BTC beside 100,000 USD, bought elsewhere. */
export function tradingWorld(rules: Partial<MarketRules> = {}): World {
  const world = new World({ spec: marketSpec({ rules: { ...OPEN_RULES, ...rules } }) });
  world.snapshot(BIDS, ASKS);
  const answer = world.send({
    type: "account:deposit",
    account: "main",
    asset: "SIM_BTC",
    amount: "10",
  });
  expect(answer.ok).toBe(true);
  return world;
}

export const limit = (price: string, quantity: string, order: Partial<NewOrder> = {}) =>
  ({ type: "limit", price, quantity, ...order }) as const;

export function usd(world: World, user = "alice"): Balance {
  return world.field<Balance>("balance/main/SIM_USD", user)!;
}

export function openOrder(world: World, id: string, user = "alice"): Order | undefined {
  return world.field<{ order: Order }>(`order/${id}`, user)?.order;
}

export function names(world: World): string[] {
  return world.events.map(([name]) => name);
}

/** Events of an order in the last outcome, with the status they tell. */
export function progress(world: World): string[] {
  return world.events
    .filter(([name]) => name.startsWith("order:"))
    .map(([name, { order }]) => `${name} ${(order as Order).status}`);
}

/** A limit order without its amounts. */
export const EMPTY: NewOrder = {
  account: "main",
  symbol: SYMBOL,
  side: "buy",
  type: "limit",
  quantity: null,
  quoteQuantity: null,
  price: null,
  stopPrice: null,
  trailingBps: null,
  timeInForce: "GTC",
  expireAtMs: null,
  postOnly: false,
};

/** A live market with two levels of five on either side. */
export function liveWorld(): World {
  const world = new World();
  world.snapshot(
    [
      [99, 5],
      [98, 5],
    ],
    [
      [101, 5],
      [102, 5],
    ],
  );
  return world;
}

/** Opens a trade room's portfolio with these settings, or changes one. */
export function openRoom(world: World, user: string, settings: Partial<PortfolioSettings>): void {
  const body = { account: "room-1", startingBalance: "50000" } as const;
  const all = { ...MAIN_SETTINGS, ...settings };
  world.send({ type: "account:open_portfolio", ...body, settings: all }, { user });
}
