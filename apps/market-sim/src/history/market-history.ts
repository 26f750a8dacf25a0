import { type Bar, type Fill, joinBar } from "./bar.ts";
import { BarSeries, type PastBars } from "./bar-series.ts";
import type { Interval } from "./interval.ts";
import { type AggregateTrade, Tape, type Trade } from "./tape.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How far back candles reach: 30 days of minutes, an hour of seconds. */
export const MINUTES_MAX = 30 * 24 * 60;
const SECONDS_MAX = 3_600;

/** Decimals of a market's ticks and lots. */
export interface Scale {
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

export interface DayTicker {
  readonly bar: Bar;
  readonly previousClose: number;
  readonly lastLots: number;
  readonly lastTradeId: number;
}

/** What has been traded in one market: the tape, candles of every interval, and the rolling day. */
export class MarketHistory {
  readonly scale: Scale;
  readonly tape: Tape;
  /** -1 before the first trade. */
  lastTradeId = -1;
  private lastLots = 0;
  private lastTimeMs = 0;
  private readonly minutes: BarSeries;
  private readonly seconds = new BarSeries(SECOND_MS, SECONDS_MAX);

  constructor(scale: Scale, firstAggregateId: number, past?: PastBars) {
    this.scale = scale;
    this.tape = new Tape(firstAggregateId);
    this.minutes = new BarSeries(MINUTE_MS, MINUTES_MAX, past);
  }

  /** Opens the minute candles with one that is already under way. */
  begin(bar: Bar): void {
    this.minutes.begin(bar);
  }

  addTrade(trade: Trade): void {
    this.tape.add(trade);
    this.addToBars(trade, 1);
    this.lastTradeId = trade.id;
  }

  /** Adds a trade of which only the aggregate is known. */
  addAggregate(aggregate: AggregateTrade): void {
    this.tape.addAggregate(aggregate);
    this.addToBars(aggregate, aggregate.lastTradeId - aggregate.firstTradeId + 1);
    this.lastTradeId = aggregate.lastTradeId;
  }

  private addToBars(fill: Fill, trades: number): void {
    this.minutes.add(fill, trades);
    this.seconds.add(fill, trades);
    this.lastLots = fill.lots;
    this.lastTimeMs = fill.timeMs;
  }

  /** Clocks differ: a trade may carry a time just after what the source calls now, and counts all the same. */
  private notBeforeLast(nowMs: number): number {
    return Math.max(nowMs, this.lastTimeMs);
  }

  /**
   * Candles that open in [fromMs, toMs] and not after `nowMs`, at most `limit`: the earliest when `fromMs` is given,
   * else the latest. The one that is open now is told as far as it has come.
   */
  candles(
    interval: Interval,
    query: { fromMs?: number; toMs: number; limit: number },
    nowMs: number,
  ): Bar[] {
    const series = interval.name === "1s" ? this.seconds : this.minutes;
    const latestMs = this.notBeforeLast(nowMs);
    const lastOpenMs = interval.opensAt(Math.min(query.toMs, latestMs));
    const earliestMs = interval.opensAt(series.earliestMs);
    const firstOpenMs = Math.max(
      earliestMs,
      query.fromMs === undefined
        ? stepBack(interval, lastOpenMs, query.limit - 1)
        : opensFrom(interval, query.fromMs),
    );
    const endMs = Math.min(
      latestMs,
      interval.endsAt(lastOpenMs) - 1,
      stepForward(interval, firstOpenMs, query.limit) - 1,
    );
    return join(interval, series.between(firstOpenMs, endMs));
  }

  /** The candle of the span that contains `timeMs`. */
  candleAt(interval: Interval, timeMs: number, nowMs: number): Bar | undefined {
    return this.candles(interval, { toMs: timeMs, limit: 1 }, nowMs).at(-1);
  }

  /** The last 24 hours; nothing before the first trade. */
  day(nowMs: number): DayTicker | undefined {
    const bars = this.minutes.between(nowMs - DAY_MS, this.notBeforeLast(nowMs));
    const [first, ...later] = bars;
    if (first === undefined) return undefined;
    const bar = { ...first };
    for (const next of later) joinBar(bar, next);
    const before = this.minutes.between(first.openTimeMs - MINUTE_MS, first.openTimeMs - 1).at(-1);
    const { lastLots, lastTradeId } = this;
    return { bar, previousClose: before?.close ?? first.open, lastLots, lastTradeId };
  }
}

function join(interval: Interval, bars: readonly Bar[]): Bar[] {
  const joined: Bar[] = [];
  for (const bar of bars) {
    const openTimeMs = interval.opensAt(bar.openTimeMs);
    const last = joined.at(-1);
    if (last !== undefined && last.openTimeMs === openTimeMs) joinBar(last, bar);
    else joined.push({ ...bar, openTimeMs });
  }
  return joined;
}

/** The first span that opens at `timeMs` or later. */
function opensFrom(interval: Interval, timeMs: number): number {
  const openMs = interval.opensAt(timeMs);
  return openMs < timeMs ? interval.endsAt(openMs) : openMs;
}

function stepBack(interval: Interval, openTimeMs: number, count: number): number {
  let opensMs = openTimeMs;
  for (let i = 0; i < count && opensMs > 0; i++) opensMs = interval.opensAt(opensMs - 1);
  return opensMs;
}

function stepForward(interval: Interval, openTimeMs: number, count: number): number {
  let opensMs = openTimeMs;
  for (let i = 0; i < count; i++) opensMs = interval.endsAt(opensMs);
  return opensMs;
}
