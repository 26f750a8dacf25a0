import { AppError } from "@mirrorbook/kernel";
import { type MarketEvents, type MarketInfo, MarketNames } from "@mirrorbook/protocol";
import { lastEvent, type RedisClient, readMarkets } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";

const REFRESH_EVERY_MS = 2_000;
/** Before the first leader has told of its markets. */
const REFRESH_EMPTY_EVERY_MS = 200;

type FeedStatus = MarketEvents["feed:status"];

/** Knows the markets the leader serves, as of some seconds ago; the last known ones while Redis is away. */
export class MarketDirectory {
  readonly #redis: RedisClient;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #markets: readonly MarketInfo[] = [];
  #bySymbol = new Map<string, MarketInfo>();
  #names = new MarketNames([]);
  #feeds = new Map<string, FeedStatus | null>();

  constructor(redis: RedisClient, log: Logger) {
    this.#redis = redis;
    this.#log = log;
  }

  get markets(): readonly MarketInfo[] {
    return this.#markets;
  }

  get symbols(): readonly string[] {
    return this.#markets.map(({ symbol }) => symbol);
  }

  /** What the leader last said of a market's feed, as of some seconds ago. */
  feedStatus(symbol: string): FeedStatus | null {
    return this.#feeds.get(symbol) ?? null;
  }

  /** Reads the markets now and from time to time. */
  async follow(): Promise<void> {
    await this.refresh();
    if (this.#closed) return;
    const pauseMs = this.#markets.length === 0 ? REFRESH_EMPTY_EVERY_MS : REFRESH_EVERY_MS;
    this.#timer = setTimeout(() => void this.follow(), pauseMs);
  }

  async refresh(): Promise<void> {
    try {
      const markets = await readMarkets(this.#redis);
      const feeds = await Promise.all(
        markets.map(({ symbol }) => lastEvent(this.#redis, symbol, "feed:status")),
      );
      this.#take(markets, feeds);
    } catch (error) {
      this.#log.debug({ err: error }, "Markets could not be read");
    }
  }

  /** The symbol a client means. @throws {AppError} UNKNOWN_MARKET. */
  readonly resolve = (text: string): string => {
    const symbol = this.#names.resolve(text);
    if (symbol !== undefined) return symbol;
    throw new AppError(
      "UNKNOWN_MARKET",
      `There is no market ${JSON.stringify(text.slice(0, 32))}.`,
    );
  };

  /** @throws {AppError} UNKNOWN_MARKET. */
  find(text: string): MarketInfo {
    return this.#bySymbol.get(this.resolve(text))!;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #take(markets: readonly MarketInfo[], feeds: readonly (FeedStatus | null)[]): void {
    this.#feeds = new Map(markets.map(({ symbol }, i) => [symbol, feeds[i] ?? null]));
    this.#markets = markets.map((market, i) => ({
      ...market,
      status: feeds[i]?.status ?? market.status,
    }));
    this.#bySymbol = new Map(this.#markets.map((market) => [market.symbol, market]));
    this.#names = new MarketNames(this.#markets);
  }
}
