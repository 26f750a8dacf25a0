import type { DepthEvent, DepthSnapshot } from "@mirrorbook/book";

/** A depth event over update ids `first..final`; its one bid level tells it apart. */
export function depth(first: number, final: number, exchangeTimeMs = 0): DepthEvent {
  return {
    symbol: "BTCUSDT",
    firstUpdateId: first,
    finalUpdateId: final,
    exchangeTimeMs,
    bids: [[final, 1]] as never,
    asks: [],
  };
}

export function snapshot(lastUpdateId: number): DepthSnapshot {
  return { symbol: "BTCUSDT", lastUpdateId, bids: [], asks: [] };
}

export function idsOf(events: readonly DepthEvent[]): string[] {
  return events.map(({ firstUpdateId, finalUpdateId }) => `${firstUpdateId}-${finalUpdateId}`);
}
