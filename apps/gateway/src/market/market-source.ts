/**
 * Candles and 24 h figures of the market that the leader mirrors, asked of its REST interface and kept for a moment, so
 * that a thousand open pages cost it one request.
 */
import { AppError, type Clock } from "@mirrorbook/kernel";
import { z } from "zod";
import { TokenBucket } from "../limits/token-bucket.ts";

const KEPT_FOR_MS = 2_000;
const ANSWERS_KEPT_MAX = 500;
const REQUESTS_AT_ONCE_MAX = 8;
/** At Binance a request weighs 2 of 6,000 a minute, which the leader's feed needs too: 20 % at most from a gateway. */
const REQUESTS_PER_SECOND_MAX = 10;
const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 2_000_000;

/** Source: Binance Spot REST, "Kline/Candlestick data". */
const Klines = z.array(
  z
    .tuple([z.int(), z.string(), z.string(), z.string(), z.string(), z.string(), z.int()])
    .rest(z.unknown()),
);
const Day = z.looseObject({
  lastPrice: z.string(),
  openPrice: z.string(),
  highPrice: z.string(),
  lowPrice: z.string(),
  volume: z.string(),
  quoteVolume: z.string(),
  priceChangePercent: z.string(),
});

export const INTERVALS = [
  "1s",
  "1m",
  "3m",
  "5m",
  "15m",
  "30m",
  "1h",
  "2h",
  "4h",
  "6h",
  "8h",
  "12h",
  "1d",
  "3d",
  "1w",
  "1M",
] as const;

export const Candle = z.object({
  openTimeMs: z.int(),
  closeTimeMs: z.int(),
  open: z.string(),
  high: z.string(),
  low: z.string(),
  close: z.string(),
  volume: z.string(),
});
export type Candle = z.infer<typeof Candle>;

export const DayFigures = z.object({
  last: z.string(),
  open: z.string(),
  high: z.string(),
  low: z.string(),
  volume: z.string(),
  quoteVolume: z.string(),
  changePercent: z.string(),
});
export type DayFigures = z.infer<typeof DayFigures>;

export interface CandleRange {
  readonly interval: (typeof INTERVALS)[number];
  readonly limit: number;
  readonly startTimeMs?: number | undefined;
  readonly endTimeMs?: number | undefined;
}

interface Kept {
  readonly answer: Promise<unknown>;
  readonly untilMs: number;
}

export class MarketSource {
  readonly #baseUrl: string;
  readonly #kept = new Map<string, Kept>();
  readonly #rate: TokenBucket;
  #requests = 0;

  constructor(baseUrl: string, clock: Clock) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#rate = new TokenBucket(REQUESTS_PER_SECOND_MAX, clock);
  }

  /** @throws {AppError} UNAVAILABLE with the reason. */
  async candles(symbol: string, range: CandleRange): Promise<Candle[]> {
    const query = new URLSearchParams({
      symbol,
      interval: range.interval,
      limit: String(range.limit),
    });
    if (range.startTimeMs !== undefined) query.set("startTime", String(range.startTimeMs));
    if (range.endTimeMs !== undefined) query.set("endTime", String(range.endTimeMs));
    const klines = await this.#ask(`/api/v3/klines?${query}`, Klines);
    return klines.map(([openTimeMs, open, high, low, close, volume, closeTimeMs]) => ({
      openTimeMs,
      closeTimeMs,
      open,
      high,
      low,
      close,
      volume,
    }));
  }

  /** @throws {AppError} UNAVAILABLE with the reason. */
  async day(symbol: string): Promise<DayFigures> {
    const day = await this.#ask(`/api/v3/ticker/24hr?symbol=${symbol}`, Day);
    return {
      last: day.lastPrice,
      open: day.openPrice,
      high: day.highPrice,
      low: day.lowPrice,
      volume: day.volume,
      quoteVolume: day.quoteVolume,
      changePercent: day.priceChangePercent,
    };
  }

  #ask<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const nowMs = performance.now();
    const kept = this.#kept.get(path);
    if (kept !== undefined && nowMs < kept.untilMs) return kept.answer as Promise<T>;
    const answer = this.#request(path, schema);
    this.#kept.delete(path);
    this.#kept.set(path, { answer, untilMs: nowMs + KEPT_FOR_MS });
    if (this.#kept.size > ANSWERS_KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
    return answer;
  }

  async #request<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    if (this.#requests >= REQUESTS_AT_ONCE_MAX || !this.#rate.take()) {
      throw new AppError("UNAVAILABLE", "Too many requests to the market at once; try again.");
    }
    this.#requests++;
    try {
      const response = await fetch(this.#baseUrl + path, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`The market answers HTTP ${response.status}.`);
      return schema.parse(JSON.parse(await textOf(response)));
    } catch (cause) {
      throw new AppError("UNAVAILABLE", "The market's history is not available now.", { cause });
    } finally {
      this.#requests--;
    }
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (text.length > ANSWER_BYTES_MAX) throw new Error("The market's answer is too large.");
  }
  return text;
}
