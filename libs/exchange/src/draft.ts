/** Reading an order: decimal text to whole ticks and lots, once, with the reason when it cannot be. */
import { type Lots, type Refusal, refusal, type Ticks } from "@mirrorbook/kernel";
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
  const quantity = readUnits(request.quantity, sizeDecimals);
  if (quantity === "too fine")
    return unreadable("LOT_SIZE", "quantity", request.quantity, sizeDecimals);
  const price = readUnits(request.price, priceDecimals);
  if (price === "too fine")
    return unreadable("PRICE_FILTER", "price", request.price, priceDecimals);
  const stop = readUnits(request.stopPrice, priceDecimals);
  if (stop === "too fine")
    return unreadable("PRICE_FILTER", "stopPrice", request.stopPrice, priceDecimals);
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

function readUnits(text: string | null, decimals: number): number | "too fine" | null {
  if (text === null) return null;
  const amount = parseMoney(text);
  if (!isWhole(amount, decimals)) return "too fine";
  const number = Number(unitsIn(amount, decimals));
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER;
}

function unreadable(
  code: "LOT_SIZE" | "PRICE_FILTER",
  field: string,
  value: string | null,
  decimals: number,
): Refusal {
  return refusal(code, `${field} has more than ${decimals} decimals`, {
    rule: `${code}.${code === "LOT_SIZE" ? "stepSize" : "tickSize"}`,
    limit: `${decimals} decimals`,
    value: value ?? "",
  });
}

const DAY_MS = 86_400_000;

/** DAY orders live until the next midnight UTC. */
function expiryOf({ timeInForce, expireAtMs }: NewOrder, atMs: number): number | null {
  if (timeInForce === "GTD") return expireAtMs;
  return timeInForce === "DAY" ? (Math.floor(atMs / DAY_MS) + 1) * DAY_MS : null;
}
