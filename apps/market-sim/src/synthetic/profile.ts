/** Sizes are a mixture of many small and some large orders; both log-normal, medians in base units. */
export interface SizeMixture {
  readonly smallShare: number;
  readonly smallMedian: number;
  readonly smallSigma: number;
  readonly largeMedian: number;
  readonly largeSigma: number;
}

/**
 * How one synthetic market behaves. Rates are long-run means per second of market time; the intensity process
 * (`intensity.ts`) makes them bursty. Source of the figures: statistics of real recordings, in the README beside src.
 */
export interface MarketProfile {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** The price the market has over the years, in the quote asset. */
  readonly price: number;
  /** Standard deviation of the price over a day, as a share. */
  readonly dailyVolatility: number;
  /** Base asset traded per day in the synthetic past; live volume comes from the trades themselves. */
  readonly dailyVolume: number;

  /** Maker events behind the touch, and what they are; the rest restructures the book (adds and deletes). */
  readonly levelEventsPerSecond: number;
  readonly changeShare: number;
  /** Orders placed and withdrawn at once: they reach clients as deletes of levels never seen. */
  readonly flashShare: number;
  readonly repeatShare: number;
  /** Changes of the size at the best prices. */
  readonly touchEventsPerSecond: number;
  readonly touchMedian: number;
  readonly touchSigma: number;

  /** Levels per basis point within 30 bps of the touch; further out they thin out. */
  readonly levelsPerBps: number;
  readonly distanceMedianBps: number;
  readonly distanceSigma: number;
  readonly levelSize: SizeMixture;

  readonly takersPerSecond: number;
  readonly sameSideShare: number;
  readonly tradeSize: SizeMixture;
  /** Price moves: how often one starts, its mean length, and in how many steps it is made. */
  readonly movesPerSecond: number;
  readonly moveMeanBps: number;
  readonly moveSteps: number;
  /** Share of steps in which a taker sweeps the levels; in the others they are withdrawn. */
  readonly sweepShare: number;

  /** Spread of the log intensity: slow (seconds) and fast (within a second). */
  readonly slowBurstiness: number;
  readonly fastBurstiness: number;
  readonly maxPosition?: number;
}

const BTC: MarketProfile = {
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  priceDecimals: 2,
  sizeDecimals: 5,
  price: 61_700,
  dailyVolatility: 0.025,
  dailyVolume: 28_000,
  levelEventsPerSecond: 195,
  changeShare: 0.08,
  flashShare: 0.1,
  repeatShare: 0.012,
  touchEventsPerSecond: 46,
  touchMedian: 2.6,
  touchSigma: 0.55,
  levelsPerBps: 21,
  distanceMedianBps: 4.3,
  distanceSigma: 1.35,
  levelSize: {
    smallShare: 0.57,
    smallMedian: 0.00025,
    smallSigma: 1.6,
    largeMedian: 0.15,
    largeSigma: 1.2,
  },
  takersPerSecond: 4.6,
  sameSideShare: 0.68,
  tradeSize: {
    smallShare: 0.75,
    smallMedian: 0.0004,
    smallSigma: 1.2,
    largeMedian: 0.04,
    largeSigma: 1.2,
  },
  movesPerSecond: 0.5,
  moveMeanBps: 1.25,
  moveSteps: 8,
  sweepShare: 0.35,
  slowBurstiness: 0.85,
  fastBurstiness: 0.75,
};

const ETH: MarketProfile = {
  ...BTC,
  symbol: "ETHUSDT",
  base: "ETH",
  sizeDecimals: 4,
  price: 2_680,
  dailyVolatility: 0.03,
  dailyVolume: 400_000,
  levelEventsPerSecond: 205,
  changeShare: 0.44,
  flashShare: 0.037,
  repeatShare: 0.016,
  touchEventsPerSecond: 38,
  touchMedian: 13,
  touchSigma: 0.75,
  levelsPerBps: 13,
  distanceMedianBps: 5.7,
  distanceSigma: 1.3,
  levelSize: {
    smallShare: 0.5,
    smallMedian: 0.029,
    smallSigma: 1.4,
    largeMedian: 1.85,
    largeSigma: 1.7,
  },
  takersPerSecond: 3.4,
  sameSideShare: 0.75,
  tradeSize: {
    smallShare: 0.72,
    smallMedian: 0.006,
    smallSigma: 0.9,
    largeMedian: 0.9,
    largeSigma: 1.3,
  },
  movesPerSecond: 0.6,
  moveMeanBps: 1.1,
  moveSteps: 7,
};

/**
 * A calmer market, after the BTCUSDT recording of April 2023 and the mid-cap recordings of 2021. Sizes are given in
 * the quote asset, since they scale with it.
 */
function calm(
  names: Pick<MarketProfile, "symbol" | "base" | "priceDecimals" | "sizeDecimals" | "price">,
  activity: number,
): MarketProfile {
  const worth = (quoteAmount: number) => quoteAmount / names.price;
  return {
    ...BTC,
    ...names,
    dailyVolatility: 0.035,
    dailyVolume: worth(600e6 * activity),
    levelEventsPerSecond: 60 * activity,
    changeShare: 0.5,
    flashShare: 0.04,
    repeatShare: 0.01,
    touchEventsPerSecond: 12 * activity,
    touchMedian: worth(22_000),
    touchSigma: 0.8,
    levelsPerBps: 9,
    distanceMedianBps: 7,
    distanceSigma: 1.4,
    levelSize: {
      smallShare: 0.5,
      smallMedian: worth(90),
      smallSigma: 1.3,
      largeMedian: worth(4_500),
      largeSigma: 1.4,
    },
    takersPerSecond: 2 * activity,
    sameSideShare: 0.63,
    tradeSize: {
      smallShare: 0.65,
      smallMedian: worth(60),
      smallSigma: 1.1,
      largeMedian: worth(1_500),
      largeSigma: 1.2,
    },
    movesPerSecond: 0.22,
    moveMeanBps: 1.3,
    moveSteps: 2,
    sweepShare: 0.3,
  };
}

const PRESETS: readonly MarketProfile[] = [
  BTC,
  ETH,
  calm({ symbol: "SOLUSDT", base: "SOL", priceDecimals: 2, sizeDecimals: 3, price: 155 }, 1.3),
  {
    ...calm({ symbol: "BNBUSDT", base: "BNB", priceDecimals: 2, sizeDecimals: 3, price: 512 }, 0.9),
    maxPosition: 12_000,
  },
  calm({ symbol: "XRPUSDT", base: "XRP", priceDecimals: 4, sizeDecimals: 1, price: 0.61 }, 0.9),
  calm({ symbol: "DOGEUSDT", base: "DOGE", priceDecimals: 5, sizeDecimals: 0, price: 0.105 }, 0.8),
  calm({ symbol: "ADAUSDT", base: "ADA", priceDecimals: 4, sizeDecimals: 1, price: 0.345 }, 0.6),
  calm({ symbol: "AVAXUSDT", base: "AVAX", priceDecimals: 2, sizeDecimals: 2, price: 22.4 }, 0.5),
  calm({ symbol: "LINKUSDT", base: "LINK", priceDecimals: 2, sizeDecimals: 2, price: 10.3 }, 0.5),
  calm({ symbol: "LTCUSDT", base: "LTC", priceDecimals: 2, sizeDecimals: 3, price: 61.2 }, 0.4),
];

const CUSTOM_ACTIVITY = 0.3;
const CUSTOM = /^([A-Z0-9]{2,10})(USDT|USDC|BTC|ETH|EUR)$/;

export const PRESET_SYMBOLS: readonly string[] = PRESETS.map((preset) => preset.symbol);

/**
 * Returns the profile for `BTCUSDT` or, for a market without a preset, for `NAMEUSDT:price`; nothing when unknown.
 * A custom market is thin, with five significant digits of price and lots worth about a hundredth of the quote asset.
 */
export function profileOf(text: string): MarketProfile | undefined {
  const [symbol = "", priceText] = text.toUpperCase().split(":");
  const preset = PRESETS.find((profile) => profile.symbol === symbol);
  if (preset !== undefined && priceText === undefined) return preset;
  const names = CUSTOM.exec(symbol);
  const price = Number(priceText);
  if (names === null || !(price >= 0.001 && price <= 1_000_000)) return undefined;
  const priceDecimals = Math.min(8, Math.max(2, 4 - Math.floor(Math.log10(price))));
  const sizeDecimals = Math.min(6, Math.max(0, Math.ceil(Math.log10(price)) + 1));
  const base = names[1]!;
  const profile = calm({ symbol, base, priceDecimals, sizeDecimals, price }, CUSTOM_ACTIVITY);
  return { ...profile, quote: names[2]! };
}
