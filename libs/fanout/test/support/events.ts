import type { BookUpdate, BookView, Level, MarketEvent, UserEvent } from "@mirrorbook/protocol";
import { bookChecksum } from "@mirrorbook/protocol";

const TIMESTAMP = "2026-11-21T10:00:00.000Z";
const MARKET = { pair: "SIM_BTC/SIM_USD", symbol: "BTCUSDT" } as const;

/** A numbered event of a user's stream. */
export function balanceEvent(seq: number, total = "1.00"): UserEvent {
  return [
    "balance:updated",
    {
      seq,
      timestamp: TIMESTAMP,
      account: "main",
      asset: "SIM_BTC",
      total,
      available: total,
      locked: "0.00",
      reason: "test",
    },
  ];
}

function best(bids: readonly Level[], asks: readonly Level[]): BookView["best"] {
  const [bid, bidSize] = bids[0] ?? [null, null];
  const [ask, askSize] = asks[0] ?? [null, null];
  const spread = bid === null || ask === null ? null : (Number(ask) - Number(bid)).toFixed(2);
  return { bid, bidSize, ask, askSize, spread };
}

export function bookView(seq: number, bids: Level[], asks: Level[], depth = 20): BookView {
  return {
    ...MARKET,
    depth,
    seq,
    timestamp: TIMESTAMP,
    lastUpdateId: 1_000 + seq,
    bids: bids as [string, string][],
    asks: asks as [string, string][],
    checksum: bookChecksum(bids, asks),
    best: best(bids, asks),
  };
}

/** An update after `seq - 1` that sets one bid; `best` says what the test does not look at. */
export function bookUpdate(seq: number, bid: Level, prevSeq = seq - 1): BookUpdate {
  return { ...bookView(seq, [bid], []), prevSeq };
}

export function bookEvent(seq: number, price = "100.00", size = String(seq)): MarketEvent {
  return ["orderbook:update", bookUpdate(seq, [price, size])];
}

export function tapeEvent(seq: number): MarketEvent {
  return [
    "tape:trade",
    {
      ...MARKET,
      seq,
      timestamp: TIMESTAMP,
      price: "100.00",
      quantity: "0.5",
      side: "buy",
      source: "user",
    },
  ];
}
