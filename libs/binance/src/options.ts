/** What the feed needs to know, with defaults for Binance's public market-data hosts. Times in milliseconds. */
export interface FeedOptions {
  readonly symbols: readonly string[];
  /** REST base without path, e.g. `https://data-api.binance.vision`. */
  readonly httpBase: string;
  /** WebSocket base with or without `/ws`, e.g. `wss://data-stream.binance.vision/ws`. */
  readonly wsBase: string;
  /** A market without a depth event for this long is stale, unless REST says that nothing has changed. */
  readonly staleAfterMs: number;
  /** Own limits for single markets. */
  readonly staleAfterMsBySymbol: Readonly<Record<string, number>>;
  /** Connections per group of symbols; each brings everything. */
  readonly linesPerGroup: number;
  /** Symbols per group: three streams each, and Binance allows 1,024 streams on a connection. */
  readonly symbolsPerGroup: number;
  /** A line is replaced at this age; Binance cuts it at 24 h. */
  readonly rotateAfterMs: number;
  /** A line that stays silent for this long while its twin speaks is replaced. */
  readonly lineStallMs: number;
  /** A line without a single byte for this long is dead: Binance pings every 20 s. */
  readonly lineSilentMs: number;
  /** Must stay below the library's own 4 s, see binance-library.ts. */
  readonly connectTimeoutMs: number;
  /** How long an event is held back for the slower line to fill the hole before it. */
  readonly holePatienceMs: number;
  /** How long a snapshot waits for the first event, so that it is not older than that. Thin markets may have none. */
  readonly firstEventPatienceMs: number;
  /** Levels per side of a snapshot, at most 5,000: weight 250 of the 6,000 per minute and address. */
  readonly snapshotLimit: number;
  /** At most this much of the 6,000 per minute that Binance allows an address: nine full snapshots at once, then one in 11 s, or short ones five times as often. */
  readonly weightPerMinute: number;
  readonly restTimeoutMs: number;
  /** How often market status and rules are read. */
  readonly marketsEveryMs: number;
  /** They are read sooner when a market falls silent or speaks while halted, but at most this often: weight 20 each. */
  readonly marketsAtMostEveryMs: number;
  /** Depth events buffered per market while a snapshot is on its way. */
  readonly bufferedEventsMax: number;
  /** Resolution of all of these times. */
  readonly pulseMs: number;
}

export const DEFAULT_OPTIONS: Omit<FeedOptions, "symbols"> = {
  httpBase: "https://data-api.binance.vision",
  wsBase: "wss://data-stream.binance.vision/ws",
  staleAfterMs: 5_000,
  staleAfterMsBySymbol: {},
  linesPerGroup: 2,
  symbolsPerGroup: 50,
  rotateAfterMs: 23 * 3_600_000,
  lineStallMs: 2_000,
  lineSilentMs: 60_000,
  connectTimeoutMs: 3_000,
  holePatienceMs: 1_000,
  firstEventPatienceMs: 1_000,
  snapshotLimit: 5_000,
  weightPerMinute: 5_500,
  restTimeoutMs: 10_000,
  marketsEveryMs: 30_000,
  marketsAtMostEveryMs: 2_000,
  bufferedEventsMax: 5_000,
  pulseMs: 50,
};
