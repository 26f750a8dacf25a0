import type { MarketInfo } from "@mirrorbook/protocol";

/** Chooses the market `by` places further, round the end. */
export function stepMarket(
  markets: readonly MarketInfo[],
  symbol: string,
  by: number,
  choose: (symbol: string) => void,
): void {
  const index = markets.findIndex((market) => market.symbol === symbol);
  const next = markets[(Math.max(0, index) + by + markets.length) % markets.length];
  if (next !== undefined) choose(next.symbol);
}
