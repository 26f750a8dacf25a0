/** Candles of the real market, continued by its trades as they arrive. */
import type { TapeTrade } from "@mirrorbook/sdk";

export const INTERVALS = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];

const MINUTE_MS = 60_000;
export const INTERVAL_MS: Record<Interval, number> = {
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "4h": 240 * MINUTE_MS,
  "1d": 1_440 * MINUTE_MS,
};

/** As `GET /api/markets/:m/candles` gives them. */
export interface WireCandle {
  readonly openTimeMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface Candle {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export function fromWire(candle: WireCandle): Candle {
  return {
    openTimeMs: candle.openTimeMs,
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
    volume: Number(candle.volume),
  };
}

/** The candle a trade belongs to after it: the last one moved on, or a new one; null for a trade of the past. */
export function addTrade(
  last: Candle | undefined,
  trade: TapeTrade,
  interval: Interval,
): Candle | null {
  const atMs = Date.parse(trade.timestamp);
  const openTimeMs = Math.floor(atMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  const price = Number(trade.price);
  const volume = Number(trade.quantity);
  if (last !== undefined && openTimeMs < last.openTimeMs) return null;
  if (last === undefined || openTimeMs > last.openTimeMs) {
    const open = last?.close ?? price;
    const [high, low] = [Math.max(open, price), Math.min(open, price)];
    return { openTimeMs, open, high, low, close: price, volume };
  }
  return {
    ...last,
    high: Math.max(last.high, price),
    low: Math.min(last.low, price),
    close: price,
    volume: last.volume + volume,
  };
}

/** Trades of the tape (newest first) after number `seq`, oldest first; only those of the real market. */
export function tradesAfter(tape: readonly TapeTrade[], seq: number): TapeTrade[] {
  const fresh: TapeTrade[] = [];
  for (const trade of tape) {
    if (trade.seq <= seq) break;
    if (trade.source === "binance") fresh.push(trade);
  }
  return fresh.reverse();
}
