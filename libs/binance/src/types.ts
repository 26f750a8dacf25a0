import type { DepthEvent, DepthSnapshot, MarketSpec, MarketTrade } from "@mirrorbook/book";

export type FeedStatus = "live" | "stale" | "resyncing" | "halted";

/**
 * What the feed tells its owner, per symbol in this order: `market` once, then `status`, `snapshot`, and depth events
 * that follow each other without a gap (`firstUpdateId ≤ last + 1`), until a gap makes it `resyncing` and a new
 * `snapshot` comes. No `depth` is told before its `snapshot`.
 *
 * `market` comes again only when Binance changes the rules, units or trading status of a market. Before it there may be
 * a `status` that says why there is no market yet. `live` is told after the snapshot and the events that prove it.
 */
export type FeedEvent =
  | { readonly kind: "market"; readonly spec: MarketSpec }
  | { readonly kind: "snapshot"; readonly snapshot: DepthSnapshot; readonly receivedAtMs: number }
  | { readonly kind: "depth"; readonly event: DepthEvent; readonly receivedAtMs: number }
  | { readonly kind: "trade"; readonly trade: MarketTrade; readonly receivedAtMs: number }
  | {
      readonly kind: "ticker";
      readonly symbol: string;
      /** Decimal text: percent change and base volume of the last 24 hours, last price. */
      readonly change24h: string;
      readonly volume24h: string;
      readonly last: string;
    }
  | {
      readonly kind: "status";
      readonly symbol: string;
      readonly status: FeedStatus;
      /** For people: "no depth event for 5 s", "HTTP 451: Binance is not available from here; set BINANCE_REST_URL". */
      readonly reason: string;
    };
