import { type Refusal, refusal } from "@mirrorbook/kernel";
import type { Answer, CommandAnswers, CommandBody, PortfolioSettings } from "@mirrorbook/protocol";
import { ISSUANCE, pay, receive } from "../ledger.ts";
import { cancelOrder } from "../life.ts";
import { BALANCE_MAX, PORTFOLIOS_MAX, TRANSFER_MAX } from "../limits.ts";
import { type Money, moneyText, parseMoney, ZERO } from "../money.ts";
import { compareOrders } from "../order.ts";
import { cashValueOf, portfolioView } from "../portfolio.ts";
import { moveInventory, tellPosition } from "../positions.ts";
import type { Turn } from "../turn.ts";
import {
  availableOf,
  balanceOf,
  balanceView,
  balanceViews,
  CASH_ASSET,
  MAIN_ACCOUNT,
  MAIN_SETTINGS,
  newPortfolio,
  type Portfolio,
  totalOf,
  type User,
} from "../user.ts";

type Body<T extends CommandBody["type"]> = Extract<CommandBody, { type: T }>;

/** The named portfolio. The main one opens by itself, with the starting balance, when it is first used. */
export function accountFor(
  turn: Turn,
  user: User,
  account: string,
  cause: string,
): Portfolio | undefined {
  const known = user.portfolios.get(account);
  if (known !== undefined || account !== MAIN_ACCOUNT) return known;
  return open(turn, user, account, MAIN_SETTINGS, turn.state.startingBalance, cause);
}

export function openMain(
  turn: Turn,
  user: User,
  commandId: string,
): Answer<CommandAnswers["account:open"]> {
  const portfolio = accountFor(turn, user, MAIN_ACCOUNT, commandId)!;
  return { ok: true, value: { balances: balanceViews(portfolio) } };
}

export function openPortfolio(
  turn: Turn,
  user: User,
  commandId: string,
  body: Body<"account:open_portfolio">,
): Answer<CommandAnswers["account:open_portfolio"]> {
  let portfolio = user.portfolios.get(body.account);
  if (portfolio !== undefined) {
    portfolio.settings = body.settings;
    turn.of(user).touchPortfolio(portfolio);
  } else if (user.portfolios.size >= PORTFOLIOS_MAX) {
    return refusedWith(
      refusal("LIMIT_EXCEEDED", `A user has at most ${PORTFOLIOS_MAX} portfolios.`),
    );
  } else {
    const cash = parseMoney(body.startingBalance);
    portfolio = open(turn, user, body.account, body.settings, cash, commandId);
  }
  return { ok: true, value: { balances: balanceViews(portfolio) } };
}

export function deposit(
  turn: Turn,
  user: User,
  commandId: string,
  body: Body<"account:deposit">,
): Answer<CommandAnswers["account:deposit"]> {
  const portfolio = fundedAccount(turn, user, body.account, commandId);
  if ("code" in portfolio) return refusedWith(portfolio);
  const amount = parseMoney(body.amount);
  const refused = checkTransfer(turn, body.asset, amount);
  if (refused !== null) return refusedWith(refused);
  if (totalOf(portfolio, body.asset) + amount > parseMoney(BALANCE_MAX)) {
    return refusedWith(limitRefusal("BALANCE_MAX", BALANCE_MAX, amount));
  }
  const changes = turn.of(user);
  const movement = { portfolio, asset: body.asset, amount, reason: "deposit", cause: commandId };
  receive(changes, movement, ISSUANCE);
  bookTransfer(turn, user, portfolio, body.asset, amount, commandId);
  return { ok: true, value: { balance: balanceView(balanceOf(portfolio, body.asset)) } };
}

export function withdraw(
  turn: Turn,
  user: User,
  commandId: string,
  body: Body<"account:withdraw">,
): Answer<CommandAnswers["account:withdraw"]> {
  const portfolio = fundedAccount(turn, user, body.account, commandId);
  if ("code" in portfolio) return refusedWith(portfolio);
  const amount = parseMoney(body.amount);
  const refused = checkTransfer(turn, body.asset, amount);
  if (refused !== null) return refusedWith(refused);
  const available = availableOf(portfolio, body.asset);
  if (available < amount) {
    return refusedWith(
      refusal(
        "INSUFFICIENT_BALANCE",
        `Not enough ${body.asset}: ${moneyText(available)} available.`,
        {
          rule: "INSUFFICIENT_BALANCE",
          asset: body.asset,
          limit: moneyText(available),
          value: body.amount,
        },
      ),
    );
  }
  const movement = { portfolio, asset: body.asset, amount, reason: "withdrawal", cause: commandId };
  pay(turn.of(user), movement, "available", ISSUANCE);
  bookTransfer(turn, user, portfolio, body.asset, -amount, commandId);
  return { ok: true, value: { balance: balanceView(balanceOf(portfolio, body.asset)) } };
}

/** Cancels everything, returns all assets to issuance and issues the starting balance anew. */
export function reset(
  turn: Turn,
  user: User,
  commandId: string,
  body: Body<"account:reset">,
): Answer<CommandAnswers["account:reset"]> {
  const portfolio = fundedAccount(turn, user, body.account, commandId);
  if ("code" in portfolio) return refusedWith(portfolio);
  const changes = turn.of(user);
  const orders = [...user.orders.values()].filter(({ account }) => account === portfolio.account);
  for (const order of orders.sort(compareOrders)) {
    if (user.orders.has(order.id)) cancelOrder(turn, order, "ACCOUNT_RESET");
  }
  for (const { asset, available } of [...portfolio.balances.values()]) {
    const movement = { portfolio, asset, amount: available, reason: "reset", cause: commandId };
    pay(changes, movement, "available", ISSUANCE);
  }
  for (const position of [...portfolio.positions.values()]) {
    const market = turn.state.markets.get(position.symbol);
    const wasOpen = position.status === "open";
    position.quantity = ZERO;
    position.cost = ZERO;
    if (market !== undefined) tellPosition(changes, portfolio, market, wasOpen, turn.at);
    changes.touchPosition(position);
    portfolio.positions.delete(position.symbol);
  }
  portfolio.deposited = ZERO;
  portfolio.realized = ZERO;
  issue(turn, user, portfolio, turn.state.startingBalance, commandId);
  const value = {
    balances: balanceViews(portfolio),
    portfolio: portfolioView(turn.state, portfolio),
  };
  return { ok: true, value };
}

function open(
  turn: Turn,
  user: User,
  account: string,
  settings: PortfolioSettings,
  cash: Money,
  cause: string,
): Portfolio {
  const portfolio = newPortfolio(user.id, account, settings, turn.at);
  user.portfolios.set(account, portfolio);
  issue(turn, user, portfolio, cash, cause);
  return portfolio;
}

function issue(turn: Turn, user: User, portfolio: Portfolio, amount: Money, cause: string): void {
  const changes = turn.of(user);
  const movement = { portfolio, asset: CASH_ASSET, amount, reason: "opening", cause };
  receive(changes, movement, ISSUANCE);
  portfolio.deposited += amount;
  changes.touchBalance(balanceOf(portfolio, CASH_ASSET), "opening");
  changes.revalue(portfolio);
}

/** The portfolio, if its owner may move funds in and out of it. */
function fundedAccount(
  turn: Turn,
  user: User,
  account: string,
  cause: string,
): Portfolio | Refusal {
  const portfolio = accountFor(turn, user, account, cause);
  if (portfolio === undefined) return refusal("UNKNOWN_ACCOUNT", `No portfolio ${account}.`);
  if (!portfolio.settings.ownFunding) {
    return refusal("FORBIDDEN", "The funds of this portfolio are set by its trade room.");
  }
  return portfolio;
}

/** Only assets that a market trades; other than cash they need a price, at which they enter and leave. */
function checkTransfer(turn: Turn, asset: string, amount: Money): Refusal | null {
  if (amount > parseMoney(TRANSFER_MAX)) return limitRefusal("TRANSFER_MAX", TRANSFER_MAX, amount);
  if (asset === CASH_ASSET) return null;
  const market = turn.state.cashMarkets.get(asset);
  if (market === undefined) {
    return refusal("UNKNOWN_MARKET", `No market trades ${asset} against ${CASH_ASSET}.`);
  }
  if (market.mark() === null) {
    return refusal("MARKET_STALE", `${market.spec.pair} has no price to value ${asset} at.`);
  }
  return null;
}

/** Counts what was paid in (or, negative, out) at its present value, and moves the position with it. */
function bookTransfer(
  turn: Turn,
  user: User,
  portfolio: Portfolio,
  asset: string,
  amount: Money,
  commandId: string,
): void {
  const value = cashValueOf(turn.state, asset, amount);
  portfolio.deposited += value;
  moveInventory(turn, user, portfolio, { asset, amount, value }, commandId);
  turn.of(user).revalue(portfolio);
}

function limitRefusal(rule: string, limit: string, value: Money): Refusal {
  const details = { rule, limit, value: moneyText(value) };
  return refusal("LIMIT_EXCEEDED", `At most ${limit}.`, details);
}

function refusedWith(error: Refusal): { readonly ok: false; readonly error: Refusal } {
  return { ok: false, error };
}
