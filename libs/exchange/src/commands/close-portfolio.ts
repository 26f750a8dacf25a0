import { type Refusal, refusal } from "@mirrorbook/kernel";
import type { Answer, CommandAnswers, CommandBody, NewOrder } from "@mirrorbook/protocol";
import { admitDraft } from "../admission.ts";
import { readDraft } from "../draft.ts";
import type { Market } from "../market.ts";
import { moneyOf, moneyText, unitsIn } from "../money.ts";
import { portfolioView } from "../portfolio.ts";
import { availableOf, CASH_ASSET, type Portfolio, totalOf } from "../user.ts";
import { cancelAll } from "./cancel.ts";
import { letGo, makeOrder, type Placing } from "./place.ts";

type ClosePortfolio = Extract<CommandBody, { type: "account:close_portfolio" }>;

/**
 * Ends a portfolio. With `liquidate`, positions are sold at the book, market by market in order of symbols, as far as
 * rules and liquidity allow; what is left stays and is valued like any other. Refused, with nothing changed, while a
 * market to sell in is not live.
 */
export function closePortfolio(
  placing: Placing,
  { account, liquidate }: ClosePortfolio,
): Answer<CommandAnswers["account:close_portfolio"]> {
  const { turn, user } = placing;
  const portfolio = user.portfolios.get(account);
  if (portfolio === undefined || portfolio.settings.ownFunding) {
    return { ok: false, error: refusal("UNKNOWN_ACCOUNT", `No room portfolio ${account}.`) };
  }
  const markets = liquidate ? marketsToSellIn(placing, portfolio) : [];
  const notNow = checkLive(markets);
  if (notNow !== null) return { ok: false, error: notNow };

  cancelAll(turn, user, account, null, "TRADING_CLOSED");
  portfolio.settings = { ...portfolio.settings, trading: false, latency: null };
  turn.of(user).touchPortfolio(portfolio);
  for (const market of markets) sellAll(placing, portfolio, market);
  return { ok: true, value: { portfolio: portfolioView(turn.state, portfolio) } };
}

function marketsToSellIn({ turn }: Placing, portfolio: Portfolio): Market[] {
  const markets: Market[] = [];
  for (const { asset } of portfolio.balances.values()) {
    const market = turn.state.cashMarkets.get(asset);
    if (asset === CASH_ASSET || market === undefined) continue;
    if (sellableLots(market, totalOf(portfolio, asset)) > 0) markets.push(market);
  }
  return markets.sort((left, right) => (left.spec.symbol < right.spec.symbol ? -1 : 1));
}

function checkLive(markets: readonly Market[]): Refusal | null {
  const stale = markets.find((market) => !market.isLive);
  return stale === undefined
    ? null
    : refusal("MARKET_STALE", `${stale.spec.pair} is ${stale.status}: ${stale.statusReason}`);
}

/** A market order past the room's closed gate, but by the market's rules: dust they do not let through stays. */
function sellAll(placing: Placing, portfolio: Portfolio, market: Market): void {
  const { turn, user, command } = placing;
  const { base, symbol, sizeDecimals } = market.spec;
  const lots = sellableLots(market, availableOf(portfolio, base));
  if (lots === 0) return;
  const quantity = moneyText(moneyOf(lots, sizeDecimals));
  const draft = readDraft(sale(portfolio.account, symbol, quantity), market, portfolio, turn.atMs);
  const admitted = "code" in draft ? null : admitDraft(user, draft, []);
  if (admitted?.ok !== true) return;
  const { admission } = admitted;
  const id = `o-${command.id}-${symbol}`;
  letGo(placing, admission, makeOrder(placing, admission, id, `${command.key}.${symbol}`));
}

function sellableLots(market: Market, amount: bigint): number {
  const lots = Number(unitsIn(amount, market.spec.sizeDecimals));
  return lots - (lots % Math.max(market.rules.lot.step, 1));
}

function sale(account: string, symbol: string, quantity: string): NewOrder {
  return {
    account,
    symbol,
    side: "sell",
    type: "market",
    quantity,
    quoteQuantity: null,
    price: null,
    stopPrice: null,
    trailingBps: null,
    timeInForce: "IOC",
    expireAtMs: null,
    postOnly: false,
  };
}
