import { type BookUpdate, bookChecksum, rooms } from "@mirrorbook/protocol";

export const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"] as const;
export const DEPTH = 20;
export const ROOMS = SYMBOLS.map((symbol) => rooms.book(symbol, DEPTH));

const LEVELS_CHANGED = 8;

/** A book update of about 700 bytes of JSON, as the leader publishes one ten times a second. */
export function bookUpdate(symbol: string, seq: number): BookUpdate {
  const levels = (start: number, step: number): [string, string][] =>
    Array.from({ length: LEVELS_CHANGED }, (_, i) => [
      (start + step * i).toFixed(2),
      ((seq % 97) / 97 + i).toFixed(5),
    ]);
  const [bids, asks] = [levels(64_250.12, -0.37), levels(64_250.13, 0.37)];
  return {
    pair: `SIM_${symbol.slice(0, -4)}/SIM_USD`,
    symbol,
    depth: DEPTH,
    seq,
    prevSeq: seq - 1,
    timestamp: new Date().toISOString(),
    lastUpdateId: 50_000_000_000 + seq,
    bids,
    asks,
    checksum: bookChecksum(bids, asks),
    best: {
      bid: bids[0]![0],
      bidSize: bids[0]![1],
      ask: asks[0]![0],
      askSize: asks[0]![1],
      spread: "0.01",
    },
  };
}
