import { lastEvent, type RedisClient } from "@mirrorbook/store";
import type { MarketDirectory } from "../market/market-directory.ts";
import { type Bids, CASH_ASSET } from "./valuation.ts";

/** The best bid of every market, read when asked for: a handful of keys, once per round of marks. */
export class BestBids {
  readonly #redis: RedisClient;
  readonly #markets: MarketDirectory;

  constructor(redis: RedisClient, markets: MarketDirectory) {
    this.#redis = redis;
    this.#markets = markets;
  }

  /** @throws when Redis does not answer. */
  async read(): Promise<Bids> {
    const { markets } = this.#markets;
    const prices = await Promise.all(
      markets.map(({ symbol }) => lastEvent(this.#redis, symbol, "price:update")),
    );
    const bySymbol = new Map(markets.map(({ symbol }, i) => [symbol, prices[i]?.bid ?? null]));
    const byAsset = new Map(
      markets
        .filter(({ quote }) => quote === CASH_ASSET)
        .map(({ base, symbol }) => [base, bySymbol.get(symbol) ?? null]),
    );
    return {
      ofSymbol: (symbol) => bySymbol.get(symbol) ?? null,
      ofAsset: (asset) => byAsset.get(asset) ?? null,
    };
  }
}
