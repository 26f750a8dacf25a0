const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** 1970-01-01 was a Thursday; Binance's weeks open on Monday. */
const FIRST_MONDAY_MS = 4 * DAY;

const FIXED: Readonly<Record<string, number>> = {
  "1s": SECOND,
  "1m": MINUTE,
  "3m": 3 * MINUTE,
  "5m": 5 * MINUTE,
  "15m": 15 * MINUTE,
  "30m": 30 * MINUTE,
  "1h": HOUR,
  "2h": 2 * HOUR,
  "4h": 4 * HOUR,
  "6h": 6 * HOUR,
  "8h": 8 * HOUR,
  "12h": 12 * HOUR,
  "1d": DAY,
  "3d": 3 * DAY,
};

/** A kline interval of Binance: where the span around a moment opens, and when the next one does (UTC). */
export interface Interval {
  readonly name: string;
  opensAt(timeMs: number): number;
  endsAt(openTimeMs: number): number;
}

export const INTERVALS: ReadonlyMap<string, Interval> = new Map(
  [
    ...Object.entries(FIXED).map(([name, lengthMs]) => fixedInterval(name, lengthMs, 0)),
    fixedInterval("1w", WEEK, FIRST_MONDAY_MS),
    monthInterval(),
  ].map((interval) => [interval.name, interval]),
);

function fixedInterval(name: string, lengthMs: number, originMs: number): Interval {
  return {
    name,
    opensAt: (timeMs) => originMs + Math.floor((timeMs - originMs) / lengthMs) * lengthMs,
    endsAt: (openTimeMs) => openTimeMs + lengthMs,
  };
}

function monthInterval(): Interval {
  const monthOf = (timeMs: number, later: number) => {
    const date = new Date(timeMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1);
  };
  return {
    name: "1M",
    opensAt: (timeMs) => monthOf(timeMs, 0),
    endsAt: (openTimeMs) => monthOf(openTimeMs, 1),
  };
}
