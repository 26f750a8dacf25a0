import { Amount } from "@mirrorbook/kernel";
import type { Portfolio as PortfolioView } from "@mirrorbook/protocol";
import { ZERO } from "./money.ts";
import type { ExchangeState } from "./state.ts";
import { CASH_ASSET, type Portfolio, totalOf } from "./user.ts";

const SHOWN_DECIMALS = 18;

/**
 * Values a portfolio: cash, plus every other asset at the price one could sell it at (the best bid of its cash market).
 * An asset without a priced cash market counts as nothing.
 */
export function portfolioView(state: ExchangeState, portfolio: Portfolio): PortfolioView {
  const cash = totalOf(portfolio, CASH_ASSET);
  let equity = cash;
  for (const { asset, available, locked } of portfolio.balances.values()) {
    if (asset !== CASH_ASSET) equity = equity.add(cashValueOf(state, asset, available.add(locked)));
  }
  const profit = equity.sub(portfolio.deposited);
  return {
    account: portfolio.account,
    equity: equity.toDP(SHOWN_DECIMALS).toString(),
    cash: cash.toString(),
    unrealizedPnL: profit.sub(portfolio.realized).toDP(SHOWN_DECIMALS).toString(),
    realizedPnL: portfolio.realized.toString(),
    returnPercent: portfolio.deposited.lte(0)
      ? "0"
      : profit.mul(100).div(portfolio.deposited).toDP(4).toString(),
  };
}

/** Value in cash, at the side one could close at. */
export function cashValueOf(state: ExchangeState, asset: string, amount: Amount): Amount {
  if (asset === CASH_ASSET) return amount;
  if (amount.isZero()) return ZERO;
  const market = state.cashMarkets.get(asset);
  const mark = market?.mark() ?? null;
  return market === undefined || mark === null ? ZERO : amount.mul(market.price(mark));
}

/** Fee rate of a fill: the portfolio's own, else the venue's. */
export function feeRateOf(
  state: ExchangeState,
  portfolio: Portfolio,
  liquidity: "maker" | "taker",
): Amount {
  const { makerFeeRate, takerFeeRate } = portfolio.settings;
  if (liquidity === "maker") {
    return makerFeeRate === null ? state.makerFeeRate : new Amount(makerFeeRate);
  }
  return takerFeeRate === null ? state.takerFeeRate : new Amount(takerFeeRate);
}
