/** What the ticket holds, and what becomes of it. Pure; amounts are exact decimal text throughout. */
import { Amount, DECIMAL_TEXT, decimalsOf } from "@mirrorbook/kernel";
import type { MarketInfo, PlaceOco, PlaceOrder, TimeInForce } from "@mirrorbook/protocol";

export const TICKET_TYPES = [
  "market",
  "limit",
  "stop",
  "stop_limit",
  "take_profit",
  "take_profit_limit",
  "trailing_stop",
  "oco",
] as const;
export type TicketType = (typeof TICKET_TYPES)[number];

export const TYPE_NAMES: Record<TicketType, string> = {
  market: "Market",
  limit: "Limit",
  stop: "Stop market",
  stop_limit: "Stop limit",
  take_profit: "Take profit",
  take_profit_limit: "Take profit limit",
  trailing_stop: "Trailing stop",
  oco: "OCO",
};

export interface Draft {
  readonly side: "buy" | "sell";
  readonly type: TicketType;
  readonly amount: string;
  /** What `amount` counts; market orders may be given in what is spent or received. */
  readonly unit: "base" | "quote";
  readonly price: string;
  readonly stopPrice: string;
  /** OCO only: limit of the stop leg; empty for a stop at market. */
  readonly stopLimitPrice: string;
  /** Per cent, e.g. "1.5". */
  readonly trailing: string;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  /** Local date and time as an input gives it, for GTD. */
  readonly goodTill: string;
}

export const EMPTY_DRAFT: Draft = {
  side: "buy",
  type: "limit",
  amount: "",
  unit: "base",
  price: "",
  stopPrice: "",
  stopLimitPrice: "",
  trailing: "1",
  timeInForce: "GTC",
  postOnly: false,
  goodTill: "",
};

export type FieldName =
  | "amount"
  | "price"
  | "stopPrice"
  | "stopLimitPrice"
  | "trailing"
  | "goodTill";

export interface TypeShape {
  readonly price: boolean;
  readonly stopPrice: "needed" | "optional" | "none";
  readonly timesInForce: readonly TimeInForce[];
}

const RESTING: readonly TimeInForce[] = ["GTC", "IOC", "FOK", "GTD", "DAY"];
const WAITING: readonly TimeInForce[] = ["GTC", "GTD", "DAY"];

/** Which fields a type has. The server has the last word; this only keeps the form from asking for nonsense. */
export const SHAPES: Record<TicketType, TypeShape> = {
  market: { price: false, stopPrice: "none", timesInForce: [] },
  limit: { price: true, stopPrice: "none", timesInForce: RESTING },
  stop: { price: false, stopPrice: "needed", timesInForce: WAITING },
  stop_limit: { price: true, stopPrice: "needed", timesInForce: RESTING },
  take_profit: { price: false, stopPrice: "needed", timesInForce: WAITING },
  take_profit_limit: { price: true, stopPrice: "needed", timesInForce: RESTING },
  trailing_stop: { price: false, stopPrice: "optional", timesInForce: WAITING },
  oco: { price: true, stopPrice: "needed", timesInForce: [] },
};

export type DraftOutcome =
  | { readonly kind: "order"; readonly order: PlaceOrder }
  | { readonly kind: "oco"; readonly oco: PlaceOco }
  | { readonly kind: "incomplete"; readonly field: FieldName; readonly problem: string };

const missing = (field: FieldName, problem: string): DraftOutcome => ({
  kind: "incomplete",
  field,
  problem,
});

/** The order a draft stands for, or what it still lacks. `account`: the portfolio it is for. */
export function orderOf(
  draft: Draft,
  market: MarketInfo,
  account: string,
  now = new Date(),
): DraftOutcome {
  const shape = SHAPES[draft.type];
  const problem = problemOf(draft, shape, market, now);
  if (problem !== null) return problem;
  const { side, type, price, stopPrice } = draft;
  const amount = plain(draft.amount);
  if (type === "oco") {
    const stopLimit =
      draft.stopLimitPrice === "" ? {} : { stopLimitPrice: plain(draft.stopLimitPrice) };
    const legs = { price: plain(price), stopPrice: plain(stopPrice), ...stopLimit };
    return { kind: "oco", oco: { pair: market.symbol, account, side, quantity: amount, ...legs } };
  }
  const inQuote = type === "market" && draft.unit === "quote";
  const timeInForce = shape.timesInForce.includes(draft.timeInForce) ? draft.timeInForce : null;
  const order: PlaceOrder = {
    pair: market.symbol,
    account,
    side,
    type,
    ...(inQuote ? { quoteQuantity: amount } : { quantity: amount }),
    ...(shape.price ? { price: plain(price) } : {}),
    ...(shape.stopPrice !== "none" && stopPrice !== "" ? { stopPrice: plain(stopPrice) } : {}),
    ...(type === "trailing_stop" ? { trailingBps: basisPoints(draft.trailing) } : {}),
    ...(timeInForce === null ? {} : { timeInForce }),
    ...(timeInForce === "GTD" ? { expireAt: new Date(draft.goodTill).toISOString() } : {}),
    ...(isPostOnly(draft) ? { postOnly: true } : {}),
  };
  return { kind: "order", order };
}

export function isPostOnly({ type, postOnly, timeInForce }: Draft): boolean {
  return type === "limit" && postOnly && timeInForce !== "IOC" && timeInForce !== "FOK";
}

function problemOf(
  draft: Draft,
  shape: TypeShape,
  market: MarketInfo,
  now: Date,
): DraftOutcome | null {
  const { tickSize, stepSize } = market;
  const inQuote = draft.type === "market" && draft.unit === "quote";
  const needed = (field: FieldName, text: string, step: string | null, label: string) => {
    if (text === "") return missing(field, `Enter ${label}`);
    if (!isPositive(text)) return missing(field, `${label} must be a number above zero`);
    return step !== null && !isMultiple(text, step)
      ? missing(field, `${label} goes in steps of ${plain(step)}`)
      : null;
  };
  return (
    (shape.stopPrice === "needed" || (shape.stopPrice === "optional" && draft.stopPrice !== "")
      ? needed("stopPrice", draft.stopPrice, tickSize, "a trigger price")
      : null) ??
    (shape.price ? needed("price", draft.price, tickSize, "a price") : null) ??
    (draft.type === "oco" && draft.stopLimitPrice !== ""
      ? needed("stopLimitPrice", draft.stopLimitPrice, tickSize, "a stop limit price")
      : null) ??
    (draft.type === "trailing_stop" ? trailingProblem(draft.trailing) : null) ??
    needed("amount", draft.amount, inQuote ? null : stepSize, "an amount") ??
    (draft.timeInForce === "GTD" && shape.timesInForce.includes("GTD")
      ? goodTillProblem(draft.goodTill, now)
      : null)
  );
}

function trailingProblem(text: string): DraftOutcome | null {
  const bps = isPositive(text) ? basisPoints(text) : 0;
  if (bps >= 1 && bps <= 10_000) return null;
  return missing("trailing", "The trail is between 0.01 and 100 per cent");
}

function goodTillProblem(text: string, now: Date): DraftOutcome | null {
  const isLater = Date.parse(text) > now.getTime();
  return isLater ? null : missing("goodTill", "Enter a moment to come");
}

const basisPoints = (percent: string) => new Amount(percent).times(100).round().toNumber();

export function isPositive(text: string): boolean {
  return DECIMAL_TEXT.test(tidy(text)) && new Amount(tidy(text)).gt(0);
}

function isMultiple(text: string, step: string): boolean {
  return !isPositive(step) || new Amount(tidy(text)).mod(step).isZero();
}

/** ".5", "5." and "1,000" as people type them. */
function tidy(text: string): string {
  return text.trim().replaceAll(",", "").replace(/^\./, "0.").replace(/\.$/, "");
}

/** Decimal text without needless zeros. */
const plain = (text: string) => new Amount(tidy(text)).toString();

/** The text `by` steps further, kept on the grid of steps and above zero. */
export function stepped(text: string, step: string, by: number, fallback: string): string {
  const start = isPositive(text) ? tidy(text) : fallback;
  if (!isPositive(start)) return plain(step);
  const moved = new Amount(start).div(step).round().plus(by).times(step);
  return (moved.gt(0) ? moved : new Amount(step)).toFixed(decimalsOf(step));
}

export interface Means {
  /** Available amounts, decimal text. */
  readonly base: string;
  readonly quote: string;
  /** Best price one could trade at now, to size market orders in base. */
  readonly marketPrice: string | null;
}

/** The amount for a share of what is available, rounded down to the market's step; empty when it cannot be told. */
export function amountForShare(
  draft: Draft,
  market: MarketInfo,
  means: Means,
  percent: number,
): string {
  const share = (text: string) => new Amount(text).times(percent).div(100);
  if (draft.type === "market" && draft.unit === "quote") {
    const worth =
      draft.side === "buy" ? share(means.quote) : share(means.base).times(means.marketPrice ?? 0);
    return positive(worth.toDecimalPlaces(2, Amount.ROUND_DOWN));
  }
  const quantity = draft.side === "sell" ? share(means.base) : affordable(draft, means, share);
  return quantity === null
    ? ""
    : positive(quantity.div(market.stepSize).floor().times(market.stepSize));
}

function affordable(draft: Draft, means: Means, share: (text: string) => Amount): Amount | null {
  const { price, stopPrice } = draft;
  const reference = [
    SHAPES[draft.type].price ? price : "",
    stopPrice,
    means.marketPrice ?? "",
  ].find((text) => isPositive(text));
  return reference === undefined ? null : share(means.quote).div(tidy(reference));
}

const positive = (amount: Amount) => (amount.gt(0) ? amount.toString() : "");
