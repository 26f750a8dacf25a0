import type { Hub } from "@mirrorbook/fanout";
import { type MarketEvents, rooms } from "@mirrorbook/protocol";
import { lastEvent, type RedisClient } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";

type FeedStatus = MarketEvents["feed:status"];

export interface FeedNoticesOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly markets: MarketDirectory;
  readonly isHeard: () => boolean;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/**
 * What members are told of the markets' feeds: the leader's word, but `stale` while the leader is not heard here. A
 * gateway's own notice carries the number of the leader's last word, for it is none of the market's numbered events.
 */
export class FeedNotices {
  readonly #options: FeedNoticesOptions;

  constructor(options: FeedNoticesOptions) {
    this.#options = options;
  }

  /** What is true of a market now; `null` before the leader's first word. @throws when Redis does not answer. */
  async current(symbol: string): Promise<FeedStatus | null> {
    const { redis, isHeard } = this.#options;
    const said = isHeard() ? await lastEvent(redis, symbol, "feed:status") : this.#known(symbol);
    return said === null || isHeard() ? said : this.#stale(said);
  }

  /** The leader is not heard any more. */
  tellStale(): void {
    for (const symbol of this.#options.markets.symbols) {
      const known = this.#known(symbol);
      if (known !== null) this.#tell(this.#stale(known));
    }
  }

  /** The leader is heard again: its word stands. */
  async tellCurrent(): Promise<void> {
    const { markets, log } = this.#options;
    try {
      const all = await Promise.all(markets.symbols.map((symbol) => this.current(symbol)));
      for (const status of all) if (status !== null) this.#tell(status);
    } catch (error) {
      log.warn({ err: error }, "Members learn the feed's status with its next change");
    }
  }

  #known(symbol: string): FeedStatus | null {
    return this.#options.markets.feedStatus(symbol);
  }

  #stale(said: FeedStatus): FeedStatus {
    const timestamp = new Date(this.#options.nowMs()).toISOString();
    return { ...said, timestamp, status: "stale", reason: "The leader is not heard here." };
  }

  #tell(status: FeedStatus): void {
    this.#options.hub.deliver(rooms.market(status.symbol), [["feed:status", status]]);
  }
}
