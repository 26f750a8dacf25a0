import type { MessageSink, WireLevel } from "../market-source.ts";
import { klineText, miniTickerText, tickerText } from "../wire-messages.ts";
import { INTERVALS } from "./interval.ts";
import type { MarketHistory } from "./market-history.ts";

/** The streams that are summaries of trades, told once a second where somebody listens. */
export function tellSummaries(
  sink: MessageSink,
  market: {
    symbol: string;
    history: MarketHistory;
    touch(): { bid: WireLevel; ask: WireLevel };
  },
  nowMs: number,
): void {
  const { symbol, history } = market;
  const prefix = symbol.toLowerCase();
  const wantsTicker = sink.wants(`${prefix}@ticker`);
  const wantsMini = sink.wants(`${prefix}@miniTicker`);
  const day = wantsTicker || wantsMini ? history.day(nowMs) : undefined;
  if (day !== undefined) {
    const facts = { symbol, scale: history.scale, day, nowMs };
    if (wantsTicker) sink.tell(symbol, `${prefix}@ticker`, tickerText(facts, market.touch()));
    if (wantsMini) sink.tell(symbol, `${prefix}@miniTicker`, miniTickerText(facts));
  }
  for (const interval of INTERVALS.values()) {
    const stream = `${prefix}@kline_${interval.name}`;
    if (!sink.wants(stream)) continue;
    const bar = history.candleAt(interval, nowMs);
    if (bar === undefined) continue;
    const closeTimeMs = interval.endsAt(bar.openTimeMs) - 1;
    const lastTradeId = history.lastTradeId;
    const { scale } = history;
    const facts = { symbol, scale, interval: interval.name, bar, closeTimeMs, lastTradeId, nowMs };
    sink.tell(symbol, stream, klineText(facts));
  }
}
