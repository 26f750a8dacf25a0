/** Reading an order: decimal text to whole ticks and lots, once, with the reason when it cannot be. */
import { formatUnits, type Lots, type Refusal, refusal, type Ticks } from "@mirrorbook/kernel";
import type { NewOrder } from "@mirrorbook/protocol";
import type { Market } from "./market.ts";
import { budgetUnits, type Wanted } from "./matching.ts";
import { isWhole, parseMoney, unitsIn } from "./money.ts";
import { isLimited, isTriggered } from "./order.ts";
import type { Portfolio } from "./user.ts";

/** An order that was read but not yet admitted. */
export interface Draft {
  readonly request: NewOrder;
  readonly market: Market;
  readonly portfolio: Portfolio;
  readonly quantity: Lots | null;
  readonly price: Ticks | null;
  readonly stop: Ticks | null;
  readonly expireAtMs: number | null;
  /** When it was read. */
  readonly atMs: number;
  /** A leg of an OCO: it neither matches nor triggers at once, and shares the other leg's reserve. */
  readonly isLeg: boolean;
}

export function wantedByDraft({ request, market, quantity, price }: Draft): Wanted {
  return {
    side: request.side,
    lots: quantity,
    budget: quantity === null ? budgetUnits(request.quoteQuantity ?? "0", market) : null,
    limit: isLimited(request.type) ? price : null,
  };
}

/** Whether the order takes what it can at once and never rests. */
export function isImmediate({
  type,
  timeInForce,
}: Pick<NewOrder, "type" | "timeInForce">): boolean {
  return (
    type === "market" || (type === "limit" && (timeInForce === "IOC" || timeInForce === "FOK"))
  );
}

export function readDraft(
  request: NewOrder,
  market: Market,
  portfolio: Portfolio,
  atMs: number,
): Draft | Refusal {
  const shape = shapeProblem(request);
  if (shape !== null) return refusal("BAD_REQUEST", shape);
  const { priceDecimals, sizeDecimals } = market.spec;
  const quantity = readUnits("quantity", request.quantity, sizeDecimals);
  if (isRefusal(quantity)) return quantity;
  const price = readUnits("price", request.price, priceDecimals);
  if (isRefusal(price)) return price;
  const stop = readUnits("stopPrice", request.stopPrice, priceDecimals);
  if (isRefusal(stop)) return stop;
  const expireAtMs = expiryOf(request, atMs);
  if (expireAtMs !== null && expireAtMs <= atMs) {
    return refusal("BAD_REQUEST", "expireAt is in the past");
  }
  return {
    request,
    market,
    portfolio,
    quantity: quantity as Lots | null,
    price: price as Ticks | null,
    stop: stop as Ticks | null,
    expireAtMs,
    atMs,
    isLeg: false,
  };
}

/** Gateways check shapes with a better message; this keeps a malformed command from doing harm. */
function shapeProblem(request: NewOrder): string | null {
  const { type, quantity, quoteQuantity, price, stopPrice, trailingBps } = request;
  if (isLimited(type) !== (price !== null)) return `price and type ${type} do not go together`;
  if (type === "market") {
    if ((quantity === null) === (quoteQuantity === null)) {
      return "a market order takes either quantity or quoteQuantity";
    }
  } else if (quantity === null || quoteQuantity !== null) {
    return `a ${type} order takes a quantity`;
  }
  const needsStop = isTriggered(type) && type !== "trailing_stop";
  if (needsStop && stopPrice === null) return `a ${type} order needs a stopPrice`;
  if (!isTriggered(type) && stopPrice !== null) return `a ${type} order takes no stopPrice`;
  if ((type === "trailing_stop") !== (trailingBps !== null)) {
    return "trailingBps belongs to trailing_stop orders, and they need it";
  }
  const amounts = [quantity, quoteQuantity, price, stopPrice];
  if (amounts.some((text) => text !== null && !/[1-9]/.test(text))) {
    return "amounts and prices are greater than zero";
  }
  return null;
}

function readUnits(
  field: "quantity" | "price" | "stopPrice",
  text: string | null,
  decimals: number,
): number | Refusal | null {
  if (text === null) return null;
  const amount = parseMoney(text);
  const units = unitsIn(amount, decimals);
  const [code, step, most] =
    field === "quantity"
      ? (["LOT_SIZE", "stepSize", "maxQty"] as const)
      : (["PRICE_FILTER", "tickSize", "maxPrice"] as const);
  if (!isWhole(amount, decimals)) {
    const details = { rule: `${code}.${step}`, limit: `${decimals} decimals`, value: text };
    return refusal(code, `${field} has more than ${decimals} decimals`, details);
  }
  if (units > Number.MAX_SAFE_INTEGER) {
    const limit = formatUnits(Number.MAX_SAFE_INTEGER, decimals);
    const details = { rule: `${code}.${most}`, limit, value: text };
    return refusal(code, `${field} is beyond ${limit}`, details);
  }
  return Number(units);
}

function isRefusal(units: number | Refusal | null): units is Refusal {
  return typeof units === "object" && units !== null;
}

const DAY_MS = 86_400_000;

/** DAY orders live until the next midnight UTC. */
function expiryOf({ timeInForce, expireAtMs }: NewOrder, atMs: number): number | null {
  if (timeInForce === "GTD") return expireAtMs;
  return timeInForce === "DAY" ? (Math.floor(atMs / DAY_MS) + 1) * DAY_MS : null;
}
