import type { Bar } from "../history/bar.ts";
import type { PastBars } from "../history/bar-series.ts";
import { MINUTES_MAX } from "../history/market-history.ts";
import type { FairPrice } from "./fair-price.ts";
import type { MarketProfile } from "./profile.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** Mean reach of a candle's wicks beyond its body. */
const WICK_BPS = 2.5;
const MEAN_TRADE_SHARE_OF_MINUTE = 1 / 300;

/** The minute candles before the simulator started, read off the fair price: the same for the same seed and minute. */
export class SyntheticPast implements PastBars {
  readonly earliestMs: number;
  private readonly profile: MarketProfile;
  private readonly fair: FairPrice;
  private readonly known = new Map<number, Bar>();

  constructor(profile: MarketProfile, fair: FairPrice, startMs: number) {
    this.profile = profile;
    this.fair = fair;
    this.earliestMs = Math.floor(startMs / MINUTE_MS - MINUTES_MAX) * MINUTE_MS;
  }

  at(openTimeMs: number): Bar {
    const known = this.known.get(openTimeMs);
    if (known !== undefined) return known;
    const bar = this.make(openTimeMs);
    this.known.set(openTimeMs, bar);
    return bar;
  }

  private make(openTimeMs: number): Bar {
    const minute = openTimeMs / MINUTE_MS;
    const dice = (purpose: number) => this.fair.dice(minute, purpose);
    const wick = (purpose: number) => (1 - Math.log(1 - dice(purpose))) * (WICK_BPS / 10_000);
    const open = this.ticksAt(openTimeMs);
    const close = this.ticksAt(openTimeMs + MINUTE_MS);
    const high = Math.round(Math.max(open, close) * (1 + wick(0)));
    const low = Math.round(Math.min(open, close) * (1 - wick(1)));
    const busy = Math.exp(0.9 * (dice(2) + dice(3) + dice(4) - 1.5) * 2);
    const lots = Math.round(((this.profile.dailyVolume * busy) / DAY_MINUTES) * this.lotsPerUnit());
    const takerBuyLots = Math.round(lots * (0.35 + 0.3 * dice(5)));
    const price = Math.round((open + close + high + low) / 4);
    return {
      openTimeMs,
      open,
      high,
      low,
      close,
      lots,
      quote: lots * price,
      trades: Math.max(1, Math.round((busy / MEAN_TRADE_SHARE_OF_MINUTE) * (0.5 + dice(6)))),
      takerBuyLots,
      takerBuyQuote: takerBuyLots * price,
    };
  }

  private ticksAt(timeMs: number): number {
    return Math.round(this.fair.at(timeMs) * 10 ** this.profile.priceDecimals);
  }

  private lotsPerUnit(): number {
    return 10 ** this.profile.sizeDecimals;
  }
}
