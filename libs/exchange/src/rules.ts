/**
 * The market's rules, as Binance's filters: a violation names the rule, the limit and the value.
 *
 * Source: Binance Spot, "Filters". Percentages, and market orders without a price of their own, are measured against the
 * average price of the filter's `avgPriceMins`; see `Market.reference`.
 */
import { type ErrorCode, type Refusal, refusal } from "@mirrorbook/kernel";
import { type Draft, isImmediate } from "./draft.ts";
import { OPEN_ORDERS_MAX } from "./limits.ts";
import type { Market } from "./market.ts";
import { type Money, moneyText, parseMoney, valueAt } from "./money.ts";
import { isTriggered, type LiveOrder, remainingOf } from "./order.ts";
import type { Bounds } from "./rule-bounds.ts";
import { totalOf, type User } from "./user.ts";

/** Checks prices and sizes. `null`: all rules are kept. */
export function checkFilters(draft: Draft): Refusal | null {
  return (
    checkPrices(draft) ??
    checkSizes(draft) ??
    checkNotional(draft) ??
    checkPercentPrice(draft) ??
    checkTrailing(draft)
  );
}

/** Checks how many orders and how much inventory there would be. `leaving`: orders that this one replaces. */
export function checkCounts(
  user: User,
  draft: Draft,
  leaving: readonly LiveOrder[],
): Refusal | null {
  const { market, request, quantity, isLeg } = draft;
  if (isImmediate(request)) return checkPosition(user, draft, quantity, leaving);
  const joining = isLeg ? LEGS : 1;
  const all = user.orders.size - leaving.length + joining;
  if (all > OPEN_ORDERS_MAX) {
    return violation("MAX_NUM_ORDERS", "OPEN_ORDERS_MAX", OPEN_ORDERS_MAX, all);
  }
  const open = openOrders(user, draft, leaving);
  const { maxNumOrders, maxNumAlgoOrders } = market.spec.rules;
  if (maxNumOrders !== null && open.length + joining > maxNumOrders) {
    return violation("MAX_NUM_ORDERS", "MAX_NUM_ORDERS", maxNumOrders, open.length + joining);
  }
  if (maxNumAlgoOrders !== null && isTriggered(request.type)) {
    const algo = open.filter((order) => isTriggered(order.type)).length;
    if (algo >= maxNumAlgoOrders) {
      return violation("MAX_NUM_ORDERS", "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders, algo + 1);
    }
  }
  return checkPosition(user, draft, quantity, leaving);
}

/** An OCO is checked leg by leg, before either is open; only one of them is conditional. */
const LEGS = 2;

/** Checks the size an amended order would have. */
export function checkAmended(market: Market, order: LiveOrder, quantity: number): Refusal | null {
  const size = checkStep("LOT_SIZE", "quantity", quantity, market.rules.lot, (lots) =>
    market.sizeText(lots),
  );
  if (size !== null || order.price === null) return size;
  const { notionalMin } = market.rules;
  const value = market.value(order.price, quantity);
  return notionalMin !== null && value < notionalMin
    ? violation("NOTIONAL", "NOTIONAL.minNotional", notionalMin, value)
    : null;
}

function checkPrices({ market, price, stop }: Draft): Refusal | null {
  const text = (ticks: number) => market.priceText(ticks);
  for (const [field, ticks] of [
    ["price", price],
    ["stopPrice", stop],
  ] as const) {
    if (ticks === null) continue;
    const refused = checkStep("PRICE_FILTER", field, ticks, market.rules.price, text);
    if (refused !== null) return refused;
  }
  return null;
}

function checkSizes({ market, quantity, request }: Draft): Refusal | null {
  if (quantity === null) return null;
  const text = (lots: number) => market.sizeText(lots);
  const refused = checkStep("LOT_SIZE", "quantity", quantity, market.rules.lot, text);
  if (refused !== null || request.price !== null) return refused;
  return checkStep("MARKET_LOT_SIZE", "quantity", quantity, market.rules.marketLot, text);
}

/** Also for the size that a quote amount comes to. */
export function checkMarketSize(market: Market, lots: number): Refusal | null {
  const text = (size: number) => market.sizeText(size);
  return (
    checkStep("LOT_SIZE", "quantity", lots, market.rules.lot, text) ??
    checkStep("MARKET_LOT_SIZE", "quantity", lots, market.rules.marketLot, text)
  );
}

function checkStep(
  code: "PRICE_FILTER" | "LOT_SIZE" | "MARKET_LOT_SIZE",
  field: string,
  value: number,
  bounds: Bounds,
  text: (units: number) => string,
): Refusal | null {
  const [low, high, step] =
    code === "PRICE_FILTER"
      ? ["minPrice", "maxPrice", "tickSize"]
      : ["minQty", "maxQty", "stepSize"];
  const fail = (rule: string, limit: number) =>
    violation(code, `${code}.${rule}`, text(limit), text(value), field);
  if (value < bounds.min || value === 0) return fail(low!, Math.max(bounds.min, bounds.step));
  if (value > bounds.max) return fail(high!, bounds.max);
  if (value % bounds.step !== 0) return fail(step!, bounds.step);
  return null;
}

function checkNotional(draft: Draft): Refusal | null {
  const { market, request } = draft;
  const value = notionalOf(draft);
  if (value === null) return null;
  const { notionalMin, notionalMax } = market.rules;
  const { applyMinToMarket, applyMaxToMarket } = market.spec.rules.notional;
  const hasPrice = request.price !== null;
  if (notionalMin !== null && (hasPrice || applyMinToMarket) && value < notionalMin) {
    return violation("NOTIONAL", "NOTIONAL.minNotional", notionalMin, value);
  }
  if (notionalMax !== null && (hasPrice || applyMaxToMarket) && value > notionalMax) {
    return violation("NOTIONAL", "NOTIONAL.maxNotional", notionalMax, value);
  }
  return null;
}

function notionalOf({ market, request, quantity, price, stop, atMs }: Draft): Money | null {
  if (quantity === null) return parseMoney(request.quoteQuantity ?? "0");
  const own = price ?? stop;
  if (own !== null) return market.value(own, quantity);
  const reference = market.reference(market.spec.rules.notional.avgPriceMins, atMs);
  return reference === null ? null : valueAt(market.size(quantity), reference);
}

function checkPercentPrice({ market, request, price, atMs }: Draft): Refusal | null {
  if (price === null) return null;
  const { bidUp, bidDown, askUp, askDown, avgPriceMins } = market.spec.rules.percentPrice;
  const base = market.reference(avgPriceMins, atMs);
  if (base === null) return null;
  const [up, down] = request.side === "buy" ? [bidUp, bidDown] : [askUp, askDown];
  const at = market.price(price);
  const highest = up === null ? null : valueAt(base, parseMoney(up));
  const lowest = down === null ? null : valueAt(base, parseMoney(down));
  if (highest !== null && at > highest) {
    return violation("PERCENT_PRICE", "PERCENT_PRICE.multiplierUp", highest, at, "price");
  }
  if (lowest !== null && at < lowest) {
    return violation("PERCENT_PRICE", "PERCENT_PRICE.multiplierDown", lowest, at, "price");
  }
  return null;
}

function checkTrailing({ market, request }: Draft): Refusal | null {
  const { trailingBps } = request;
  if (trailingBps === null) return null;
  const { min, max } = market.spec.rules.trailingBps;
  if (min !== null && trailingBps < min) {
    return violation("TRAILING_DELTA", "TRAILING_DELTA.min", min, trailingBps);
  }
  if (max !== null && trailingBps > max) {
    return violation("TRAILING_DELTA", "TRAILING_DELTA.max", max, trailingBps);
  }
  return null;
}

/**
 * MAX_POSITION: base owned, plus open buys, plus this buy of so many `lots`; `null` when a quote amount decides, and the walk
 * is yet to say.
 */
export function checkPosition(
  user: User,
  draft: Draft,
  lots: number | null,
  leaving: readonly LiveOrder[],
): Refusal | null {
  const { market, request, portfolio } = draft;
  const { maxPosition } = market.rules;
  if (maxPosition === null || request.side === "sell" || lots === null) return null;
  let position = totalOf(portfolio, market.spec.base) + market.size(lots);
  for (const order of openOrders(user, draft, leaving)) {
    if (order.side === "buy") position += market.size(remainingOf(order));
  }
  return position > maxPosition
    ? violation("MAX_POSITION", "MAX_POSITION", maxPosition, position)
    : null;
}

function openOrders(user: User, draft: Draft, leaving: readonly LiveOrder[]): LiveOrder[] {
  const { symbol, account } = draft.request;
  return [...user.orders.values()].filter(
    (order) => order.symbol === symbol && order.account === account && !leaving.includes(order),
  );
}

function violation(
  code: ErrorCode,
  rule: string,
  limit: Money | number | string,
  value: Money | number | string,
  field?: string,
): Refusal {
  const what = field === undefined ? "The order" : `The ${field}`;
  const details = { rule, limit: text(limit), value: text(value) };
  return refusal(
    code,
    `${what} breaks ${rule}: limit ${details.limit}, value ${details.value}`,
    details,
  );
}

function text(value: Money | number | string): string {
  return typeof value === "bigint" ? moneyText(value) : String(value);
}
