/**
 * Reads what Binance sends on a combined stream and as a depth snapshot.
 *
 * The hot messages (depth, trade) are checked by hand: several thousand levels per second arrive, and a schema library
 * would cost more than keeping the book. Unknown fields, unknown events and unknown symbols are ignored, since Binance
 * adds them without notice. Nothing here throws: a message that cannot be right is `malformed`, and for depth that is as
 * good as lost: the next event leaves a gap, which the other line or a new snapshot fills.
 */
import type {
  BookLevel,
  BookUnits,
  DepthEvent,
  DepthSnapshot,
  MarketTrade,
} from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import { z } from "zod";
import type { FeedEvent } from "./types.ts";

/** More levels than Binance ever sends in one message (snapshots have at most 5,000 a side). */
const LEVELS_MAX = 50_000;

export type StreamMessage =
  | { readonly kind: "depth"; readonly event: DepthEvent }
  | { readonly kind: "trade"; readonly trade: MarketTrade }
  | { readonly kind: "ticker"; readonly ticker: TickerEvent; readonly exchangeTimeMs: number }
  /** The server will close this connection within minutes. */
  | { readonly kind: "shutdown" }
  | { readonly kind: "ignored" }
  | { readonly kind: "malformed"; readonly reason: string };

export type TickerEvent = Extract<FeedEvent, { kind: "ticker" }>;

type Raw = Readonly<Record<string, unknown>>;
type UnitsOf = (symbol: string) => BookUnits | undefined;

const IGNORED: StreamMessage = { kind: "ignored" };

/** Reads one message of a stream, combined (`{ stream, data }`) or raw. `unitsOf` knows the markets asked for. */
export function parseStreamMessage(message: unknown, unitsOf: UnitsOf): StreamMessage {
  if (!isObject(message)) return malformed("not a JSON object");
  const payload = isObject(message.data) ? message.data : message;
  // `bookTicker` has no `e`; acknowledgements and errors of commands neither.
  switch (payload.e) {
    case "depthUpdate":
      return parseDepth(payload, unitsOf);
    case "trade":
      return parseTrade(payload, unitsOf);
    case "24hrTicker":
      return parseTicker(payload, unitsOf);
    case "serverShutdown":
      return { kind: "shutdown" };
    default:
      return IGNORED;
  }
}

function parseDepth(raw: Raw, unitsOf: UnitsOf): StreamMessage {
  const units = unitsOf(String(raw.s));
  if (units === undefined) return IGNORED;
  const { U: first, u: final, E: exchangeTimeMs } = raw;
  if (!isId(first) || !isId(final) || !isId(exchangeTimeMs) || first > final) {
    return malformed("depthUpdate: update ids or time");
  }
  const bids = parseLevels(raw.b, units, "refuse");
  const asks = parseLevels(raw.a, units, "refuse");
  if (bids === undefined || asks === undefined) return malformed("depthUpdate: levels");
  return {
    kind: "depth",
    event: {
      symbol: units.symbol,
      firstUpdateId: first,
      finalUpdateId: final,
      exchangeTimeMs,
      bids,
      asks,
    },
  };
}

function parseTrade(raw: Raw, unitsOf: UnitsOf): StreamMessage {
  const units = unitsOf(String(raw.s));
  if (units === undefined) return IGNORED;
  const price = parsePrice(raw.p, units);
  const size = parseSize(raw.q, units);
  const { t: tradeId, T: tradeTimeMs, m: buyerIsMaker } = raw;
  const fits = isId(tradeId) && isId(tradeTimeMs) && typeof buyerIsMaker === "boolean";
  if (!fits || !(price > 0) || Number.isNaN(size)) return malformed("trade");
  return {
    kind: "trade",
    trade: {
      symbol: units.symbol,
      tradeId,
      price: price as Ticks,
      size: size as Lots,
      buyerIsMaker,
      tradeTimeMs,
    },
  };
}

const Ticker = z.object({
  E: z.int(),
  s: z.string(),
  P: z.string().regex(/^-?\d+(\.\d+)?$/),
  v: z.string().regex(/^\d+(\.\d+)?$/),
  c: z.string().regex(/^\d+(\.\d+)?$/),
});

function parseTicker(raw: Raw, unitsOf: UnitsOf): StreamMessage {
  if (unitsOf(String(raw.s)) === undefined) return IGNORED;
  const ticker = Ticker.safeParse(raw);
  if (!ticker.success) return malformed(`24hrTicker: ${z.prettifyError(ticker.error)}`);
  const { E: exchangeTimeMs, s: symbol, P: change24h, v: volume24h, c: last } = ticker.data;
  const event: TickerEvent = { kind: "ticker", symbol, change24h, volume24h, last };
  return { kind: "ticker", ticker: event, exchangeTimeMs };
}

export type ParsedSnapshot =
  | { readonly kind: "snapshot"; readonly snapshot: DepthSnapshot }
  | { readonly kind: "malformed"; readonly reason: string };

/** Reads a depth snapshot as the library hands it over: levels are `{ price, quantity }`. */
export function parseSnapshot(body: unknown, units: BookUnits): ParsedSnapshot {
  if (!isObject(body) || !isId(body.lastUpdateId)) return badSnapshot("no lastUpdateId");
  const bids = parseLevels(pairsOf(body.bids), units, "skip");
  const asks = parseLevels(pairsOf(body.asks), units, "skip");
  if (bids === undefined || asks === undefined) return badSnapshot("levels");
  if (!isFalling(bids) || !isFalling(asks.toReversed())) return badSnapshot("order of levels");
  const lastUpdateId = body.lastUpdateId;
  return { kind: "snapshot", snapshot: { symbol: units.symbol, lastUpdateId, bids, asks } };
}

function pairsOf(levels: unknown): unknown {
  if (!Array.isArray(levels)) return undefined;
  return levels.map((level) => (isObject(level) ? [level.price, level.quantity] : level));
}

function isFalling(levels: readonly BookLevel[]): boolean {
  return levels.every((level, i) => i === 0 || level[0] < levels[i - 1]![0]);
}

/**
 * Reads [price, size] pairs. Where a market's tick was made coarser, old orders still rest between the ticks, far from
 * the touch (34 of 1,609 levels of NKNUSDT in 2021). They have no price in our units, so in a snapshot they are skipped:
 * the book then shows less than there is, never more. In an event one that appears means that the tick has changed,
 * so the event is refused; one that disappears is of no interest.
 */
function parseLevels(
  raw: unknown,
  units: BookUnits,
  offTick: "skip" | "refuse",
): BookLevel[] | undefined {
  if (!Array.isArray(raw) || raw.length > LEVELS_MAX) return undefined;
  const levels: BookLevel[] = [];
  for (let i = 0; i < raw.length; i++) {
    const level: unknown = raw[i];
    if (!Array.isArray(level)) return undefined;
    const price = parsePrice(level[0], units);
    const size = parseSize(level[1], units);
    if (Number.isNaN(price) || Number.isNaN(size)) return undefined;
    if (price !== OFF_TICK) levels.push([price as Ticks, size as Lots]);
    else if (offTick === "refuse" && size > 0) return undefined;
  }
  return levels;
}

const POINT = 46;
const ZERO = 48;
/** A price between two ticks; no real price is negative. */
const OFF_TICK = -1;

/** A price in ticks, `OFF_TICK`, or NaN. Dropping digits would make two levels one. */
function parsePrice(text: unknown, units: BookUnits): number {
  const price = parseWhole(text, units.priceDecimals, OFF_TICK);
  return price === 0 ? Number.NaN : price;
}

/** Sizes finer than the unit exist in very old resting orders; the rest is dust and dropped, as `parseUnits` does. */
function parseSize(text: unknown, units: BookUnits): number {
  return parseWhole(text, units.sizeDecimals, undefined);
}

/**
 * Parses decimal text into a whole number of 10^-decimals, or NaN: what a stranger sends is no bug of ours.
 * Digits finer than the unit are dropped, unless `tooFine` is given: then any that is not zero makes that the result.
 */
function parseWhole(text: unknown, decimals: number, tooFine: number | undefined): number {
  if (typeof text !== "string" || text.length === 0) return Number.NaN;
  let value = 0;
  let fraction = -1;
  let isTooFine = false;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (fraction === decimals) {
        isTooFine ||= digit !== 0;
        continue;
      }
      value = value * 10 + digit;
      if (fraction >= 0) fraction++;
    } else if (digit === POINT - ZERO && fraction < 0 && i > 0) {
      fraction = 0;
    } else {
      return Number.NaN;
    }
  }
  if (isTooFine && tooFine !== undefined) return tooFine;
  for (let i = Math.max(fraction, 0); i < decimals; i++) value *= 10;
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}

function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(reason: string): StreamMessage {
  return { kind: "malformed", reason };
}

function badSnapshot(reason: string): ParsedSnapshot {
  return { kind: "malformed", reason: `depth snapshot: ${reason}` };
}
