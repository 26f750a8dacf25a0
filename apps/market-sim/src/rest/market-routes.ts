import { exchangeInfo, type SymbolInfo } from "../exchange-info.ts";
import type { AggregateTrade, Trade } from "../history/tape.ts";
import type { MarketSource } from "../market-source.ts";
import { wireDecimal } from "../wire-decimal.ts";
import { dayFigures, quoteText } from "../wire-messages.ts";
import { INVALID_COMBINATION } from "./binance-error.ts";
import { BadParameter, Parameters } from "./parameters.ts";

const DEPTH_LIMIT_MAX = 5_000;
const LIST_LIMIT_MAX = 1_000;
const LIST_LIMIT = 500;

export interface Route {
  /** What the request costs of the weight per minute. Source: Binance Spot REST docs. */
  weight(query: URLSearchParams): number;
  answer(query: URLSearchParams): unknown;
}

/** The market data endpoints, by path. `infoOf` overlays a symbol's status. */
export function marketRoutes(
  source: MarketSource,
  infoOf: (symbol: string) => SymbolInfo,
): ReadonlyMap<string, Route> {
  const parse = (query: URLSearchParams, ...known: string[]) =>
    new Parameters(query, source.symbols, known);
  const flat = (weight: number) => () => weight;

  const routes: Record<string, Route> = {
    ping: { weight: flat(1), answer: (query) => parse(query) && {} },
    time: { weight: flat(1), answer: (query) => parse(query) && { serverTime: source.nowMs() } },
    exchangeInfo: {
      weight: flat(20),
      answer: (query) => {
        const symbols = parse(query, "symbol", "symbols", "permissions").someSymbols();
        return exchangeInfo((symbols ?? source.symbols).map(infoOf), source.nowMs());
      },
    },
    depth: {
      weight: (query) => depthWeight(Number(query.get("limit") ?? 100)),
      answer: (query) => {
        const parameters = parse(query, "symbol", "limit");
        return source.depth(parameters.symbol(), parameters.limit(100, DEPTH_LIMIT_MAX));
      },
    },
    trades: {
      weight: flat(25),
      answer: (query) => answerTrades(source, parse(query, "symbol", "limit")),
    },
    aggTrades: {
      weight: flat(4),
      answer: (query) =>
        answerAggregates(source, parse(query, "symbol", "fromId", "startTime", "endTime", "limit")),
    },
    klines: {
      weight: flat(2),
      answer: (query) =>
        answerKlines(
          source,
          parse(query, "symbol", "interval", "startTime", "endTime", "timeZone", "limit"),
        ),
    },
    "ticker/24hr": {
      weight: (query) => (query.has("symbol") ? 2 : 80),
      answer: (query) => answerDay(source, parse(query, "symbol", "symbols", "type")),
    },
  };
  return new Map(Object.entries(routes).map(([name, route]) => [`/api/v3/${name}`, route]));
}

function depthWeight(limit: number): number {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

function answerTrades(source: MarketSource, parameters: Parameters): unknown {
  const { scale, tape } = source.history(parameters.symbol());
  return tape.lastTrades(parameters.limit(LIST_LIMIT, LIST_LIMIT_MAX)).map((trade: Trade) => ({
    id: trade.id,
    price: wireDecimal(trade.price, scale.priceDecimals),
    qty: wireDecimal(trade.lots, scale.sizeDecimals),
    quoteQty: quoteText(scale, trade.price * trade.lots),
    time: trade.timeMs,
    isBuyerMaker: trade.buyerIsMaker,
    isBestMatch: true,
  }));
}

function answerAggregates(source: MarketSource, parameters: Parameters): unknown {
  const { scale, tape } = source.history(parameters.symbol());
  const fromId = parameters.whole("fromId");
  const startMs = parameters.whole("startTime");
  const endMs = parameters.whole("endTime");
  if (fromId !== undefined && (startMs ?? endMs) !== undefined) {
    throw new BadParameter(INVALID_COMBINATION);
  }
  const selects = (fromId ?? startMs ?? endMs) !== undefined;
  const fits = (aggregate: AggregateTrade) =>
    aggregate.id >= (fromId ?? 0) &&
    aggregate.timeMs >= (startMs ?? 0) &&
    aggregate.timeMs <= (endMs ?? Number.POSITIVE_INFINITY);
  const limit = parameters.limit(LIST_LIMIT, LIST_LIMIT_MAX);
  return tape.findAggregates(selects ? fits : undefined, limit).map((aggregate) => ({
    a: aggregate.id,
    p: wireDecimal(aggregate.price, scale.priceDecimals),
    q: wireDecimal(aggregate.lots, scale.sizeDecimals),
    f: aggregate.firstTradeId,
    l: aggregate.lastTradeId,
    T: aggregate.timeMs,
    m: aggregate.buyerIsMaker,
    M: true,
  }));
}

function answerKlines(source: MarketSource, parameters: Parameters): unknown {
  const history = source.history(parameters.symbol());
  const interval = parameters.interval();
  const { scale } = history;
  const fromMs = parameters.whole("startTime");
  const nowMs = source.nowMs();
  const toMs = parameters.whole("endTime") ?? nowMs;
  const limit = parameters.limit(LIST_LIMIT, LIST_LIMIT_MAX);
  const price = (ticks: number) => wireDecimal(ticks, scale.priceDecimals);
  const query = fromMs === undefined ? { toMs, limit } : { fromMs, toMs, limit };
  return history
    .candles(interval, query, nowMs)
    .map((bar) => [
      bar.openTimeMs,
      price(bar.open),
      price(bar.high),
      price(bar.low),
      price(bar.close),
      wireDecimal(bar.lots, scale.sizeDecimals),
      interval.endsAt(bar.openTimeMs) - 1,
      quoteText(scale, bar.quote),
      bar.trades,
      wireDecimal(bar.takerBuyLots, scale.sizeDecimals),
      quoteText(scale, bar.takerBuyQuote),
      "0",
    ]);
}

function answerDay(source: MarketSource, parameters: Parameters): unknown {
  const symbols = parameters.someSymbols() ?? source.symbols;
  const tickers = symbols.flatMap((symbol) => dayTicker(source, symbol) ?? []);
  return parameters.has("symbol") ? (tickers[0] ?? {}) : tickers;
}

function dayTicker(source: MarketSource, symbol: string): object | undefined {
  const history = source.history(symbol);
  const nowMs = source.nowMs();
  const day = history.day(nowMs);
  if (day === undefined) return undefined;
  const figures = dayFigures({ symbol, scale: history.scale, day, nowMs });
  const { bid, ask } = source.touch(symbol);
  return {
    symbol,
    priceChange: figures.priceChange,
    priceChangePercent: figures.priceChangePercent,
    weightedAvgPrice: figures.weightedAvgPrice,
    prevClosePrice: figures.prevClosePrice,
    lastPrice: figures.lastPrice,
    lastQty: figures.lastQty,
    bidPrice: bid[0],
    bidQty: bid[1],
    askPrice: ask[0],
    askQty: ask[1],
    openPrice: figures.openPrice,
    highPrice: figures.highPrice,
    lowPrice: figures.lowPrice,
    volume: figures.volume,
    quoteVolume: figures.quoteVolume,
    openTime: figures.openTime,
    closeTime: nowMs,
    firstId: figures.firstId,
    lastId: figures.lastId,
    count: figures.count,
  };
}
