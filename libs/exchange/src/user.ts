import type { Balance, PortfolioSettings, Position } from "@mirrorbook/protocol";
import { userLedger } from "./ledger.ts";
import { type Money, moneyText, ratioText, valueAt, ZERO } from "./money.ts";
import type { LiveOrder } from "./order.ts";

/** The asset portfolios start with and are valued in. */
export const CASH_ASSET = "SIM_USD";
export const MAIN_ACCOUNT = "main";

/** One asset of a portfolio. The total is `available + locked`, so it cannot disagree with them (P4). */
export interface BalanceState {
  readonly account: string;
  readonly asset: string;
  available: Money;
  /** What open orders reserve. */
  locked: Money;
}

/**
 * Inventory bought in one market. Weighted average: `cost` is what the quantity held cost without fees, and a sale takes
 * its share of it away. Fees are charged to the realised P&L when they occur, so that always
 * equity − deposits = realised + unrealised.
 */
export interface PositionState {
  id: string;
  readonly account: string;
  readonly pair: string;
  readonly symbol: string;
  quantity: Money;
  cost: Money;
  /** Since the position was opened, net of fees. */
  realized: Money;
  /** The price one could close at when it last changed. */
  mark: Money;
  status: Position["status"];
  openedAt: string;
  closedAt: string | null;
}

export interface Portfolio {
  readonly account: string;
  /** Names of its two ledger accounts. */
  readonly ledgers: { readonly available: string; readonly locked: string };
  settings: PortfolioSettings;
  readonly openedAt: string;
  /** Paid in less paid out, valued in the cash asset when it happened. */
  deposited: Money;
  /** Net of fees, in the cash asset. */
  realized: Money;
  lastFillAt: string | null;
  /** Version of the last commit that wrote this portfolio; its postings are those of the journal up to there. */
  ledgerVersion: number;
  readonly balances: Map<string, BalanceState>;
  readonly positions: Map<string, PositionState>;
}

/** The first answer to a command, kept for retries. */
export interface StoredAnswer {
  readonly commandId: string;
  /** Of the command's body: the same key with another body is refused. */
  readonly bodyHash: string;
  /** The answer as JSON text; `null` when only the key is still remembered. */
  readonly answer: string | null;
  /** Of a refusal that may be retried: when its sender sent it, by the sender's clock. Only later attempts are judged. */
  readonly refusedSentAtMs?: number;
}

export interface User {
  readonly id: string;
  version: number;
  /** Number of the user's last event. */
  seq: number;
  lastCommandId: string;
  /** When the dead-man switch cancels all orders; `null`: off. */
  cancelAtMs: number | null;
  readonly portfolios: Map<string, Portfolio>;
  /** Open orders by id. */
  readonly orders: Map<string, LiveOrder>;
  /** Ids of open orders by the client's id. */
  readonly clientOrderIds: Map<string, string>;
  /** By idempotency key, oldest first. */
  readonly answers: Map<string, StoredAnswer>;
  /** Keys whose answers are no longer kept, oldest first. */
  readonly usedKeys: Map<string, StoredAnswer>;
  /** Stored fields of orders in markets not known yet. */
  readonly parked: Map<string, string>;
}

export function newUser(id: string): User {
  return {
    id,
    version: 0,
    seq: 0,
    lastCommandId: "0-0",
    cancelAtMs: null,
    portfolios: new Map(),
    orders: new Map(),
    clientOrderIds: new Map(),
    answers: new Map(),
    usedKeys: new Map(),
    parked: new Map(),
  };
}

export const MAIN_SETTINGS: PortfolioSettings = {
  makerFeeRate: null,
  takerFeeRate: null,
  fillModel: "queue",
  heldScope: "global",
  latency: null,
  ownFunding: true,
  trading: true,
};

export function newPortfolio(
  userId: string,
  account: string,
  settings: PortfolioSettings,
  openedAt: string,
): Portfolio {
  return {
    account,
    ledgers: {
      available: userLedger(userId, account, "available"),
      locked: userLedger(userId, account, "locked"),
    },
    settings,
    openedAt,
    deposited: ZERO,
    realized: ZERO,
    lastFillAt: null,
    ledgerVersion: 0,
    balances: new Map(),
    positions: new Map(),
  };
}

/** The balance of an asset, made when it is the first time. */
export function balanceOf(portfolio: Portfolio, asset: string): BalanceState {
  let balance = portfolio.balances.get(asset);
  if (balance === undefined) {
    balance = { account: portfolio.account, asset, available: ZERO, locked: ZERO };
    portfolio.balances.set(asset, balance);
  }
  return balance;
}

export function availableOf(portfolio: Portfolio, asset: string): Money {
  return portfolio.balances.get(asset)?.available ?? ZERO;
}

export function totalOf(portfolio: Portfolio, asset: string): Money {
  const balance = portfolio.balances.get(asset);
  return balance === undefined ? ZERO : balance.available + balance.locked;
}

export function balanceView({ account, asset, available, locked }: BalanceState): Balance {
  const free = moneyText(available);
  const total = locked === ZERO ? free : moneyText(available + locked);
  return { account, asset, total, available: free, locked: moneyText(locked) };
}

export function balanceViews(portfolio: Portfolio): Balance[] {
  return [...portfolio.balances.values()]
    .sort((left, right) => (left.asset < right.asset ? -1 : 1))
    .map(balanceView);
}

export function positionView(position: PositionState): Position {
  const { quantity, cost, realized, mark } = position;
  const unrealized = valueAt(quantity, mark) - cost;
  return {
    id: position.id,
    account: position.account,
    pair: position.pair,
    symbol: position.symbol,
    side: "long",
    quantity: moneyText(quantity),
    entryPrice: ratioText(cost, quantity, PRICE_DECIMALS_SHOWN),
    currentPrice: moneyText(mark),
    unrealizedPnL: moneyText(unrealized),
    unrealizedPnLPercent: ratioText(unrealized * 100n, cost, PERCENT_DECIMALS_SHOWN),
    realizedPnL: moneyText(realized),
    totalPnL: moneyText(realized + unrealized),
    status: position.status,
    openedAt: position.openedAt,
    closedAt: position.closedAt,
  };
}

const PRICE_DECIMALS_SHOWN = 12;
const PERCENT_DECIMALS_SHOWN = 4;
