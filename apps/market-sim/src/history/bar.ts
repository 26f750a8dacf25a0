/** Price and volume of one span of time. Prices in ticks, sizes in lots, `quote` amounts in ticks times lots. */
export interface Bar {
  readonly openTimeMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
  quote: number;
  trades: number;
  takerBuyLots: number;
  takerBuyQuote: number;
}

/** A span without trades: it stands at the last price. */
export function quietBar(openTimeMs: number, price: number): Bar {
  return {
    openTimeMs,
    open: price,
    high: price,
    low: price,
    close: price,
    lots: 0,
    quote: 0,
    trades: 0,
    takerBuyLots: 0,
    takerBuyQuote: 0,
  };
}

/** A trade, or several of one order at one price, as far as a bar cares. */
export interface Fill {
  readonly timeMs: number;
  readonly price: number;
  readonly lots: number;
  readonly buyerIsMaker: boolean;
}

export function addToBar(bar: Bar, fill: Fill, trades: number): void {
  const { price, lots } = fill;
  if (bar.trades === 0) bar.open = bar.high = bar.low = price;
  bar.high = Math.max(bar.high, price);
  bar.low = Math.min(bar.low, price);
  bar.close = price;
  bar.lots += lots;
  bar.quote += price * lots;
  bar.trades += trades;
  if (fill.buyerIsMaker) return;
  bar.takerBuyLots += lots;
  bar.takerBuyQuote += price * lots;
}

/** Extends `into` by a later bar. */
export function joinBar(into: Bar, later: Bar): void {
  into.high = Math.max(into.high, later.high);
  into.low = Math.min(into.low, later.low);
  into.close = later.close;
  into.lots += later.lots;
  into.quote += later.quote;
  into.trades += later.trades;
  into.takerBuyLots += later.takerBuyLots;
  into.takerBuyQuote += later.takerBuyQuote;
}
