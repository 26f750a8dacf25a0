import type { Portfolio as PortfolioView } from "@mirrorbook/protocol";
import { type Money, moneyText, parseMoney, ratioText, valueAt, ZERO } from "./money.ts";
import type { ExchangeState } from "./state.ts";
import { CASH_ASSET, type Portfolio, totalOf } from "./user.ts";

const PERCENT_DECIMALS_SHOWN = 4;

/**
 * Values a portfolio: cash, plus every other asset at the price one could sell it at (the best bid of its cash market).
 * An asset without a priced cash market counts as nothing.
 */
export function portfolioView(state: ExchangeState, portfolio: Portfolio): PortfolioView {
  const cash = totalOf(portfolio, CASH_ASSET);
  let equity = cash;
  for (const { asset, available, locked } of portfolio.balances.values()) {
    if (asset !== CASH_ASSET) equity += cashValueOf(state, asset, available + locked);
  }
  const profit = equity - portfolio.deposited;
  return {
    account: portfolio.account,
    equity: moneyText(equity),
    cash: moneyText(cash),
    unrealizedPnL: moneyText(profit - portfolio.realized),
    realizedPnL: moneyText(portfolio.realized),
    returnPercent: percentText(profit, portfolio.deposited),
  };
}

/** Who has taken out all that was paid in, or more, has no return to speak of. */
function percentText(profit: Money, deposited: Money): string {
  return deposited <= ZERO ? "0" : ratioText(profit * 100n, deposited, PERCENT_DECIMALS_SHOWN);
}

/** Value in cash, at the side one could close at. */
export function cashValueOf(state: ExchangeState, asset: string, amount: Money): Money {
  if (asset === CASH_ASSET) return amount;
  if (amount === ZERO) return ZERO;
  const market = state.cashMarkets.get(asset);
  const mark = market?.mark() ?? null;
  return market === undefined || mark === null ? ZERO : valueAt(amount, market.price(mark));
}

/** Fee rate of a fill: the portfolio's own, else the venue's. */
export function feeRateOf(
  state: ExchangeState,
  portfolio: Portfolio,
  liquidity: "maker" | "taker",
): Money {
  const { makerFeeRate, takerFeeRate } = portfolio.settings;
  if (liquidity === "maker") {
    return makerFeeRate === null ? state.makerFeeRate : parseMoney(makerFeeRate);
  }
  return takerFeeRate === null ? state.takerFeeRate : parseMoney(takerFeeRate);
}
