/** What own orders have just taken from the book, to be shown for a moment at the price it was taken. */

import { parseUnits } from "@mirrorbook/kernel";
import type { UserEvents } from "@mirrorbook/protocol";
import { type BookSide, groupOf } from "./group-levels.ts";

export const IMPACT_SHOWN_MS = 2_400;
export const IMPACTS_KEPT_MAX = 400;

export interface Impact {
  readonly side: BookSide;
  /** Ungrouped, in ticks. */
  readonly ticks: number;
  readonly size: number;
  readonly atMs: number;
}

export function impactsOf(
  event: UserEvents["trade:impact"],
  priceDecimals: number,
  atMs: number,
): Impact[] {
  const impacts = (side: BookSide, levels: readonly (readonly [string, string])[]) =>
    levels.map(([price, size]) => ({
      side,
      ticks: parseUnits(price, priceDecimals),
      size: Number(size),
      atMs,
    }));
  return [...impacts("bid", event.consumedBids), ...impacts("ask", event.consumedAsks)];
}

/** Adds impacts and lets go of those that are no longer shown. */
export function keepImpacts(
  impacts: readonly Impact[],
  added: readonly Impact[],
  nowMs: number,
): readonly Impact[] {
  const current = impacts.filter(({ atMs }) => nowMs - atMs < IMPACT_SHOWN_MS);
  return [...current, ...added].slice(-IMPACTS_KEPT_MAX);
}

export interface ShownImpact {
  readonly size: number;
  /** When the newest of it was taken. */
  readonly atMs: number;
}

/** Impacts that are still shown, by row. */
export function impactsByRow(
  impacts: readonly Impact[],
  side: BookSide,
  groupTicks: number,
  nowMs: number,
): Map<number, ShownImpact> {
  const rows = new Map<number, ShownImpact>();
  for (const impact of impacts) {
    if (impact.side !== side || nowMs - impact.atMs >= IMPACT_SHOWN_MS) continue;
    const row = groupOf(impact.ticks, side, groupTicks);
    const before = rows.get(row);
    const atMs = Math.max(before?.atMs ?? 0, impact.atMs);
    rows.set(row, { size: (before?.size ?? 0) + impact.size, atMs });
  }
  return rows;
}
