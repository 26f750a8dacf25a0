/**
 * What portfolios and positions are worth at given prices. Pure, and figured exactly as the exchange does when it
 * commits: assets at the best bid, the price one could sell at; equity = deposited + realised + unrealised.
 */
import { Amount } from "@mirrorbook/kernel";
import type { Balance, Portfolio, PortfolioFigures, Position } from "@mirrorbook/protocol";

/** Best bids; `null` where none is known. */
export interface Bids {
  ofSymbol(symbol: string): string | null;
  /** Of the asset's market against the cash asset. */
  ofAsset(asset: string): string | null;
}

export const CASH_ASSET = "SIM_USD";
const AMOUNT_DECIMALS = 18;
const PERCENT_DECIMALS = 4;

/** Values a position at the bid; without one, or closed, it keeps its last price. */
export function markPosition(position: Position, bids: Bids): Position {
  const bid = position.status === "open" ? bids.ofSymbol(position.symbol) : null;
  const currentPrice = bid ?? position.currentPrice;
  const quantity = new Amount(position.quantity);
  const cost = quantity.mul(position.entryPrice);
  const unrealized = quantity.mul(currentPrice).sub(cost);
  const { id, account, pair, symbol, side, entryPrice, realizedPnL } = position;
  const { status, openedAt, closedAt } = position;
  return {
    id,
    account,
    pair,
    symbol,
    side,
    quantity: position.quantity,
    entryPrice,
    currentPrice,
    unrealizedPnL: text(unrealized),
    unrealizedPnLPercent: percent(unrealized, cost),
    realizedPnL,
    totalPnL: text(unrealized.add(realizedPnL)),
    status,
    openedAt,
    closedAt,
  };
}

/** Values a portfolio; an asset without a bid counts as nothing. */
export function markPortfolio(
  { account, deposited, realizedPnL }: PortfolioFigures,
  balances: readonly Balance[],
  bids: Bids,
): Portfolio {
  let cash = new Amount(0);
  let assets = new Amount(0);
  for (const { account: owner, asset, total } of balances) {
    if (owner !== account) continue;
    if (asset === CASH_ASSET) cash = cash.add(total);
    else assets = assets.add(new Amount(total).mul(bids.ofAsset(asset) ?? 0));
  }
  const equity = cash.add(assets);
  const profit = equity.sub(deposited);
  return {
    account,
    equity: text(equity),
    cash: text(cash),
    unrealizedPnL: text(profit.sub(realizedPnL)),
    realizedPnL,
    returnPercent: percent(profit, new Amount(deposited)),
  };
}

function text(amount: Amount): string {
  return amount.toDP(AMOUNT_DECIMALS).toString();
}

function percent(part: Amount, whole: Amount): string {
  return whole.lte(0) ? "0" : part.mul(100).div(whole).toDP(PERCENT_DECIMALS).toString();
}
