import type { Bar } from "./history/bar.ts";
import type { DayTicker, Scale } from "./history/market-history.ts";
import type { AggregateTrade, Trade } from "./history/tape.ts";
import type { WireLevel } from "./market-source.ts";
import { wireDecimal } from "./wire-decimal.ts";

/*
 * The JSON text of Binance's stream messages, key order and number format as in the recordings. Built by hand where
 * messages are frequent: a template is several times cheaper than an object and JSON.stringify.
 */

type Levels = readonly (readonly [price: number, lots: number])[];

export function depthUpdateText(
  symbol: string,
  scale: Scale,
  diff: { firstUpdateId: number; finalUpdateId: number; bids: Levels; asks: Levels },
  eventTimeMs: number,
): string {
  const { firstUpdateId, finalUpdateId } = diff;
  const bids = levelsText(scale, diff.bids);
  const asks = levelsText(scale, diff.asks);
  return `{"e":"depthUpdate","E":${eventTimeMs},"s":"${symbol}","U":${firstUpdateId},"u":${finalUpdateId},"b":${bids},"a":${asks}}`;
}

function levelsText(scale: Scale, levels: Levels): string {
  let text = "[";
  for (const [price, lots] of levels) {
    if (text.length > 1) text += ",";
    text += `["${wireDecimal(price, scale.priceDecimals)}","${wireDecimal(lots, scale.sizeDecimals)}"]`;
  }
  return `${text}]`;
}

export function bookTickerText(
  symbol: string,
  touch: { updateId: number; bid: WireLevel; ask: WireLevel },
): string {
  const { updateId, bid, ask } = touch;
  return `{"u":${updateId},"s":"${symbol}","b":"${bid[0]}","B":"${bid[1]}","a":"${ask[0]}","A":"${ask[1]}"}`;
}

export function tradeText(symbol: string, scale: Scale, trade: Trade, eventTimeMs: number): string {
  const price = wireDecimal(trade.price, scale.priceDecimals);
  const quantity = wireDecimal(trade.lots, scale.sizeDecimals);
  return `{"e":"trade","E":${eventTimeMs},"s":"${symbol}","t":${trade.id},"p":"${price}","q":"${quantity}","T":${trade.timeMs},"m":${trade.buyerIsMaker},"M":true}`;
}

export function aggregateTradeText(
  symbol: string,
  scale: Scale,
  aggregate: AggregateTrade,
  eventTimeMs: number,
): string {
  const price = wireDecimal(aggregate.price, scale.priceDecimals);
  const quantity = wireDecimal(aggregate.lots, scale.sizeDecimals);
  const { id, firstTradeId, lastTradeId, timeMs, buyerIsMaker } = aggregate;
  return `{"e":"aggTrade","E":${eventTimeMs},"s":"${symbol}","a":${id},"p":"${price}","q":"${quantity}","f":${firstTradeId},"l":${lastTradeId},"T":${timeMs},"m":${buyerIsMaker},"M":true}`;
}

/** Amount in the quote asset, from ticks times lots. Beyond 2^53 the last digits are rounded: statistics, not money. */
export function quoteText(scale: Scale, quote: number): string {
  const decimals = scale.priceDecimals + scale.sizeDecimals;
  if (decimals <= 8 && Number.isSafeInteger(quote)) return wireDecimal(quote, decimals);
  return (quote / 10 ** decimals).toFixed(8);
}

interface DayFacts {
  readonly symbol: string;
  readonly scale: Scale;
  readonly day: DayTicker;
  readonly nowMs: number;
}

/** Figures of the rolling day, worded once for REST, `@ticker` and `@miniTicker`. */
export function dayFigures({ scale, day }: DayFacts) {
  const { bar } = day;
  const price = (ticks: number) => wireDecimal(ticks, scale.priceDecimals);
  const change = bar.close - bar.open;
  const average = bar.lots === 0 ? bar.close : bar.quote / bar.lots;
  return {
    priceChange: change < 0 ? `-${price(-change)}` : price(change),
    priceChangePercent: ((change / bar.open) * 100).toFixed(3),
    weightedAvgPrice: (average / 10 ** scale.priceDecimals).toFixed(8),
    prevClosePrice: price(day.previousClose),
    lastPrice: price(bar.close),
    lastQty: wireDecimal(day.lastLots, scale.sizeDecimals),
    openPrice: price(bar.open),
    highPrice: price(bar.high),
    lowPrice: price(bar.low),
    volume: wireDecimal(bar.lots, scale.sizeDecimals),
    quoteVolume: quoteText(scale, bar.quote),
    openTime: bar.openTimeMs,
    firstId: bar.trades === 0 ? -1 : day.lastTradeId - bar.trades + 1,
    lastId: bar.trades === 0 ? -1 : day.lastTradeId,
    count: bar.trades,
  };
}

export function tickerText(facts: DayFacts, touch: { bid: WireLevel; ask: WireLevel }): string {
  const day = dayFigures(facts);
  return JSON.stringify({
    e: "24hrTicker",
    E: facts.nowMs,
    s: facts.symbol,
    p: day.priceChange,
    P: day.priceChangePercent,
    w: day.weightedAvgPrice,
    x: day.prevClosePrice,
    c: day.lastPrice,
    Q: day.lastQty,
    b: touch.bid[0],
    B: touch.bid[1],
    a: touch.ask[0],
    A: touch.ask[1],
    o: day.openPrice,
    h: day.highPrice,
    l: day.lowPrice,
    v: day.volume,
    q: day.quoteVolume,
    O: day.openTime,
    C: facts.nowMs,
    F: day.firstId,
    L: day.lastId,
    n: day.count,
  });
}

export function miniTickerText(facts: DayFacts): string {
  const day = dayFigures(facts);
  return JSON.stringify({
    e: "24hrMiniTicker",
    E: facts.nowMs,
    s: facts.symbol,
    c: day.lastPrice,
    o: day.openPrice,
    h: day.highPrice,
    l: day.lowPrice,
    v: day.volume,
    q: day.quoteVolume,
  });
}

/** The open candle as `@kline_<interval>` tells it. Trade ids have no holes, so the first follows from the count. */
export function klineText(facts: {
  symbol: string;
  scale: Scale;
  interval: string;
  bar: Bar;
  closeTimeMs: number;
  lastTradeId: number;
  nowMs: number;
}): string {
  const { symbol, scale, interval, bar, closeTimeMs, lastTradeId, nowMs } = facts;
  const price = (ticks: number) => wireDecimal(ticks, scale.priceDecimals);
  const traded = bar.trades > 0;
  return JSON.stringify({
    e: "kline",
    E: nowMs,
    s: symbol,
    k: {
      t: bar.openTimeMs,
      T: closeTimeMs,
      s: symbol,
      i: interval,
      f: traded ? lastTradeId - bar.trades + 1 : -1,
      L: traded ? lastTradeId : -1,
      o: price(bar.open),
      c: price(bar.close),
      h: price(bar.high),
      l: price(bar.low),
      v: wireDecimal(bar.lots, scale.sizeDecimals),
      n: bar.trades,
      x: nowMs >= closeTimeMs,
      q: quoteText(scale, bar.quote),
      V: wireDecimal(bar.takerBuyLots, scale.sizeDecimals),
      Q: quoteText(scale, bar.takerBuyQuote),
      B: "0",
    },
  });
}
