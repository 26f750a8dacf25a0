import { invariant } from "@mirrorbook/kernel";
import type { Market } from "./market.ts";
import type { Money } from "./money.ts";
import type { LiveOrder } from "./order.ts";
import type { Timers } from "./timers.ts";
import { CASH_ASSET, type Portfolio, type User } from "./user.ts";

/** Everything the exchange owns. */
export interface ExchangeState {
  readonly startingBalance: Money;
  readonly makerFeeRate: Money;
  readonly takerFeeRate: Money;
  readonly markets: Map<string, Market>;
  /** The market that prices an asset in cash, by base asset. */
  readonly cashMarkets: Map<string, Market>;
  readonly users: Map<string, User>;
  /** Markets that gated portfolios may trade now, by account. */
  readonly gates: Map<string, ReadonlySet<string>>;
  readonly timers: Timers;
}

export function marketOf(state: ExchangeState, symbol: string): Market {
  const market = state.markets.get(symbol);
  invariant(market !== undefined, "the market of an open order is known");
  return market;
}

export function ownerOf(state: ExchangeState, order: LiveOrder): User {
  const user = state.users.get(order.userId);
  invariant(user !== undefined, "the owner of an indexed order is loaded");
  return user;
}

export function portfolioOf(user: User, account: string): Portfolio {
  const portfolio = user.portfolios.get(account);
  invariant(portfolio !== undefined, "an open order belongs to an open portfolio");
  return portfolio;
}

/** Whether amounts of this market's quote asset are amounts of cash. */
export function isCashMarket(market: Market): boolean {
  return market.spec.quote === CASH_ASSET;
}
