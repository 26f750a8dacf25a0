import { crc32 } from "@mirrorbook/kernel";
import type { PortfolioSettings } from "@mirrorbook/protocol";
import { LATENCY_MS_MAX } from "./limits.ts";

const CRC_RANGE = 0x1_0000_0000;

/** How long an order travels to the book. A sample is uniform and derives from the order's id, so a replay repeats it. */
export function latencyOf(latency: PortfolioSettings["latency"], orderId: string): number {
  if (latency === null) return 0;
  const delay =
    latency.kind === "constant"
      ? latency.ms
      : latency.minMs +
        Math.floor((crc32(orderId) / CRC_RANGE) * (latency.maxMs - latency.minMs + 1));
  return Math.min(Math.max(0, delay), LATENCY_MS_MAX);
}
