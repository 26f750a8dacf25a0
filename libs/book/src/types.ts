import type { Lots, Ticks } from "@mirrorbook/kernel";

/** A price level as the book keeps it: absolute size; 0 in an event removes the level. */
export type BookLevel = readonly [price: Ticks, size: Lots];

export type BookSide = "bid" | "ask";

/** One depth event of a market. Update ids are Binance's `U` and `u`: whole, growing, without holes between events. */
export interface DepthEvent {
  readonly symbol: string;
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  readonly exchangeTimeMs: number;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** A full book: bids best first (descending), asks best first (ascending). */
export interface DepthSnapshot {
  readonly symbol: string;
  readonly lastUpdateId: number;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** A public trade on Binance. `buyerIsMaker`: the aggressor sold. */
export interface MarketTrade {
  readonly symbol: string;
  readonly tradeId: number;
  readonly price: Ticks;
  readonly size: Lots;
  readonly buyerIsMaker: boolean;
  readonly tradeTimeMs: number;
}

/**
 * Trading rules of a market, from `exchangeInfo`, old and new filter forms made one. Decimal text as Binance sends it;
 * absent or "0" bounds are `null`, which switches the rule off.
 */
export interface MarketRules {
  readonly price: {
    readonly min: string | null;
    readonly max: string | null;
    readonly tick: string | null;
  };
  readonly lot: {
    readonly min: string | null;
    readonly max: string | null;
    readonly step: string | null;
  };
  readonly marketLot: {
    readonly min: string | null;
    readonly max: string | null;
    readonly step: string | null;
  };
  readonly notional: {
    readonly min: string | null;
    readonly applyMinToMarket: boolean;
    readonly max: string | null;
    readonly applyMaxToMarket: boolean;
    /** Market orders are measured at the average price of so many minutes; 0: at the last trade. */
    readonly avgPriceMins: number;
  };
  /** Multipliers of the average price of so many minutes; PERCENT_PRICE fills all four alike by side. */
  readonly percentPrice: {
    readonly bidUp: string | null;
    readonly bidDown: string | null;
    readonly askUp: string | null;
    readonly askDown: string | null;
    readonly avgPriceMins: number;
  };
  readonly trailingBps: { readonly min: number | null; readonly max: number | null };
  readonly maxNumOrders: number | null;
  /** Conditional (stop, take-profit, trailing) orders. */
  readonly maxNumAlgoOrders: number | null;
  readonly maxPosition: string | null;
}

/** What a market is: names, units and rules. `sizeDecimals` is finer than the step, since old resting orders are. */
export interface MarketSpec {
  readonly symbol: string;
  readonly pair: string;
  /** Simulated assets, e.g. SIM_BTC and SIM_USD. */
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  readonly rules: MarketRules;
  /** Binance's symbol status; anything but TRADING stops matching. */
  readonly status: string;
}
