import type { MessageSink, WireLevel } from "../market-source.ts";
import { klineText, miniTickerText, tickerText } from "../wire-messages.ts";
import { INTERVALS, type Interval } from "./interval.ts";
import type { MarketHistory } from "./market-history.ts";

/** A market as far as the summaries of its trades need it. */
export interface SummarizedMarket {
  readonly symbol: string;
  readonly history: MarketHistory;
  touch(): { bid: WireLevel; ask: WireLevel };
}

/** Tells the streams that are summaries of trades, where somebody listens; the last time was at `beforeMs`. */
export function tellSummaries(
  sink: MessageSink,
  market: SummarizedMarket,
  nowMs: number,
  beforeMs: number,
): void {
  tellDay(sink, market, nowMs);
  for (const interval of INTERVALS.values()) {
    const stream = `${market.symbol.toLowerCase()}@kline_${interval.name}`;
    if (sink.wants(stream)) tellKline(sink, stream, market, interval, nowMs, beforeMs);
  }
}

function tellDay(sink: MessageSink, market: SummarizedMarket, nowMs: number): void {
  const { symbol, history } = market;
  const ticker = `${symbol.toLowerCase()}@ticker`;
  const miniTicker = `${symbol.toLowerCase()}@miniTicker`;
  const wanted = [ticker, miniTicker].filter((stream) => sink.wants(stream));
  const day = wanted.length > 0 ? history.day(nowMs) : undefined;
  if (day === undefined) return;
  const facts = { symbol, scale: history.scale, day, nowMs };
  if (wanted.includes(ticker)) sink.tell(symbol, ticker, tickerText(facts, market.touch()));
  if (wanted.includes(miniTicker)) sink.tell(symbol, miniTicker, miniTickerText(facts));
}

/** The open candle; before it, once, the one that closed since the last time. */
function tellKline(
  sink: MessageSink,
  stream: string,
  { symbol, history }: SummarizedMarket,
  interval: Interval,
  nowMs: number,
  beforeMs: number,
): void {
  const open = history.candleAt(interval, nowMs, nowMs);
  if (open === undefined) return;
  const candles = [{ bar: open, lastTradeId: history.lastTradeId }];
  if (interval.endsAt(interval.opensAt(beforeMs)) === open.openTimeMs) {
    const closed = history.candleAt(interval, beforeMs, nowMs);
    const lastTradeId = history.lastTradeId - open.trades;
    if (closed !== undefined) candles.unshift({ bar: closed, lastTradeId });
  }
  const { scale } = history;
  for (const { bar, lastTradeId } of candles) {
    const closeTimeMs = interval.endsAt(bar.openTimeMs) - 1;
    const facts = { symbol, scale, interval: interval.name, bar, closeTimeMs, lastTradeId, nowMs };
    sink.tell(symbol, stream, klineText(facts));
  }
}
