import { crc32 } from "@mirrorbook/kernel";
import type { Level } from "./text.ts";

export const CHECKSUM_LEVELS = 10;

/**
 * CRC-32 of the top ten levels of both sides: "bid:size:ask:size" per rank, best first, joined by ":", exactly the
 * texts sent; a side that is shorter leaves its part out. A client that keeps its book right computes the same number.
 */
export function bookChecksum(bids: readonly Level[], asks: readonly Level[]): number {
  const parts: string[] = [];
  for (let i = 0; i < CHECKSUM_LEVELS; i++) {
    const bid = bids[i];
    const ask = asks[i];
    if (bid !== undefined) parts.push(bid[0], bid[1]);
    if (ask !== undefined) parts.push(ask[0], ask[1]);
  }
  return crc32(parts.join(":"));
}
