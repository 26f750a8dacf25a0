/** May this order enter? Everything is checked before anything changes. */
import { type Refusal, refusal } from "@mirrorbook/kernel";
import type { NewOrder } from "@mirrorbook/protocol";
import { type Draft, isImmediate, readDraft, wantedByDraft } from "./draft.ts";
import type { Market } from "./market.ts";
import { canPay, planWalk } from "./matching.ts";
import { type Money, moneyText, ZERO } from "./money.ts";
import { isLimited, isTriggered, type LiveOrder, reservedAssetOf } from "./order.ts";
import { checkCounts, checkFilters, checkMarketSize, checkPosition } from "./rules.ts";
import { type ExchangeState, isCashMarket } from "./state.ts";
import { isPassed } from "./triggers.ts";
import type { Turn } from "./turn.ts";
import { availableOf, CASH_ASSET, type Portfolio, type User } from "./user.ts";
import type { Walk } from "./walk.ts";

export interface Admission {
  readonly draft: Draft;
  /** The walk the order was checked with, when it reaches a live book at once. */
  readonly walk: Walk | null;
  readonly reserve: Money;
}

export type Admitted =
  | { readonly ok: true; readonly admission: Admission }
  | { readonly ok: false; readonly error: Refusal };

/**
 * Refuses what the market's state does not allow, which may pass: nothing of it is recorded. Orders that rest may be
 * placed on a stale market and wait; a halted one takes nothing (P6).
 */
export function checkMarketState(market: Market, request: NewOrder): Refusal | null {
  if (market.isHalted) {
    return refusal("MARKET_HALTED", `${market.spec.pair} is halted: ${market.statusReason}`);
  }
  if (!market.isLive && isImmediate(request)) {
    return refusal(
      "MARKET_STALE",
      `${market.spec.pair} is ${market.status}: ${market.statusReason}`,
    );
  }
  return null;
}

/** Why the portfolio takes no orders in this market now. */
export function checkTrading(
  state: ExchangeState,
  { account, settings }: Portfolio,
  market: Market,
): Refusal | null {
  if (!settings.trading) return refusal("ROOM_STATE", "This portfolio does not take orders now.");
  const unpriced = checkPriced(state, market);
  if (unpriced !== null) return unpriced;
  if (settings.gated !== true) return null;
  const open = state.gates.get(account);
  if (open === undefined) return refusal("ROOM_STATE", "The trade room is not running.");
  return open.has(market.spec.symbol)
    ? null
    : refusal("ROOM_STATE", `The trade room does not trade ${market.spec.pair}.`);
}

/** In a market not quoted in cash, both assets need a cash market of their own, or nobody could say what a portfolio is worth. */
function checkPriced(state: ExchangeState, market: Market): Refusal | null {
  if (isCashMarket(market)) return null;
  const { base, quote, pair } = market.spec;
  for (const asset of [quote, base]) {
    const priced = state.cashMarkets.get(asset);
    if (priced === undefined) {
      const text = `${pair} takes no orders: no market here prices ${asset} in ${CASH_ASSET}.`;
      return refusal("UNKNOWN_MARKET", text);
    }
    if (priced.mark() === null) {
      return refusal("MARKET_STALE", `${priced.spec.pair} has no price to value ${asset} at.`);
    }
  }
  return null;
}

/** Checks an order against the market's rules and the portfolio's funds. `leaving`: orders that make room for it. */
export function admit(
  turn: Turn,
  user: User,
  request: NewOrder,
  market: Market,
  portfolio: Portfolio,
  leaving: readonly LiveOrder[] = [],
): Admitted {
  const closed = checkTrading(turn.state, portfolio, market);
  if (closed !== null) return refused(closed);
  const draft = readDraft(request, market, portfolio, turn.atMs);
  if ("code" in draft) return refused(draft);
  return admitDraft(user, draft, leaving);
}

export function admitDraft(user: User, draft: Draft, leaving: readonly LiveOrder[]): Admitted {
  const broken = checkFilters(draft) ?? checkCounts(user, draft, leaving) ?? checkTrigger(draft);
  if (broken !== null) return refused(broken);
  const { market, portfolio, request } = draft;
  const reachesBook = market.isLive && !isTriggered(request.type);
  const walk = reachesBook ? planWalk(market, portfolio, wantedByDraft(draft)) : null;
  const unfit = walk === null ? null : checkWalk(user, draft, walk, leaving);
  if (unfit !== null) return refused(unfit);
  const reserve = reserveOf(draft);
  const poor = checkFunds(draft, walk, reserve, leaving);
  if (poor !== null) return refused(poor);
  return { ok: true, admission: { draft, walk, reserve } };
}

/** A stop that the last trade has passed already would fire at once, which its sender can hardly have meant. */
function checkTrigger({ market, request, stop }: Draft): Refusal | null {
  const { last } = market;
  if (stop === null || last === null || !isPassed(request, stop, last)) return null;
  return refusal("WOULD_TRIGGER", "The order would trigger immediately.", {
    rule: "WOULD_TRIGGER",
    limit: market.priceText(last),
    value: market.priceText(stop),
  });
}

function checkWalk(
  user: User,
  draft: Draft,
  walk: Walk,
  leaving: readonly LiveOrder[],
): Refusal | null {
  const { market, request, price, isLeg } = draft;
  if ((request.postOnly || isLeg) && walk.filled > 0) {
    return refusal("WOULD_MATCH", "The order would immediately match and take.", {
      rule: "WOULD_MATCH",
      limit: market.priceText(walk.fills[0]!.price),
      value: price === null ? "" : market.priceText(price),
    });
  }
  if (request.quoteQuantity === null) return null;
  if (walk.filled === 0 && walk.exhausted) {
    return refusal("NO_LIQUIDITY", "There is nothing to trade with at any price.");
  }
  return checkMarketSize(market, walk.filled) ?? checkPosition(user, draft, walk.filled, leaving);
}

/** Funds are there for what the order reserves or, when it reserves nothing, for what it takes now. */
function checkFunds(
  draft: Draft,
  walk: Walk | null,
  reserve: Money,
  leaving: readonly LiveOrder[],
): Refusal | null {
  const { market, portfolio, request } = draft;
  const asset = request.side === "buy" ? market.spec.quote : market.spec.base;
  const freed = freedBy(leaving, asset, market);
  const isCovered =
    request.type === "market"
      ? walk === null || canPay(market, portfolio, request.side, walk, freed)
      : availableOf(portfolio, asset) + freed >= reserve;
  if (isCovered) return null;
  const available = moneyText(availableOf(portfolio, asset) + freed);
  return refusal("INSUFFICIENT_BALANCE", `Not enough ${asset}: ${available} available.`, {
    rule: "INSUFFICIENT_BALANCE",
    asset,
    limit: available,
    value: reserve === ZERO ? "" : moneyText(reserve),
  });
}

function freedBy(leaving: readonly LiveOrder[], asset: string, market: Market): Money {
  let freed = ZERO;
  for (const order of leaving) {
    if (reservedAssetOf(order, market) === asset) freed += order.reserved;
  }
  return freed;
}

/** What an order locks when it is placed: see `reserveNeeded`, which says the same of an open one. */
export function reserveOf({ market, request, quantity, price, stop }: Draft): Money {
  if (request.type === "market" || quantity === null) return ZERO;
  if (request.side === "sell") return market.size(quantity);
  const at = isLimited(request.type) ? price : (stop ?? trailingStart(market, request));
  return at === null ? ZERO : market.value(at, quantity);
}

/** Where a trailing buy would fire if the market turned now. */
function trailingStart(market: Market, { trailingBps }: NewOrder): number | null {
  if (market.last === null || trailingBps === null) return null;
  return Math.ceil((market.last * (10_000 + trailingBps)) / 10_000);
}

function refused(error: Refusal): Admitted {
  return { ok: false, error };
}
