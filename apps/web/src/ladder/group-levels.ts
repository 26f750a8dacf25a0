/** Groups the levels of one side of a book into rows for the eye. Prices are whole ticks, so that groups never drift. */
import { formatUnits, parseUnits } from "@mirrorbook/kernel";
import type { Level } from "@mirrorbook/protocol";

export type BookSide = "bid" | "ask";

export interface LadderRow {
  /** Group's price as a whole number of 10^-priceDecimals; the key of the row. */
  readonly ticks: number;
  /** Decimal text, as the ticket takes it. */
  readonly price: string;
  readonly size: number;
  /** Sum of sizes from the best price to this row. */
  readonly cumulative: number;
}

/**
 * @param groupTicks width of a group in ticks, 1 for none. Bids are rounded down and asks up: a group is never shown at
 * a better price than its worst member has.
 */
export function groupLevels(
  levels: readonly Level[],
  side: BookSide,
  groupTicks: number,
  priceDecimals: number,
  rowsMax: number,
): LadderRow[] {
  const rows: { ticks: number; price: string; size: number; cumulative: number }[] = [];
  let cumulative = 0;
  for (const [price, text] of levels) {
    const ticks = groupOf(parseUnits(price, priceDecimals), side, groupTicks);
    const size = Number(text);
    const last = rows.at(-1);
    cumulative += size;
    if (last !== undefined && last.ticks === ticks) {
      last.size += size;
      last.cumulative = cumulative;
    } else if (rows.length === rowsMax) break;
    else rows.push({ ticks, price: formatUnits(ticks, priceDecimals), size, cumulative });
  }
  return rows;
}

export function groupOf(ticks: number, side: BookSide, groupTicks: number): number {
  const groups = ticks / groupTicks;
  return (side === "bid" ? Math.floor(groups) : Math.ceil(groups)) * groupTicks;
}

/** Sums sizes by the row their price falls into, e.g. own orders or held liquidity. */
export function sizesByGroup(
  sizes: Iterable<readonly [price: string, size: string]>,
  side: BookSide,
  groupTicks: number,
  priceDecimals: number,
): Map<number, number> {
  const sums = new Map<number, number>();
  for (const [price, size] of sizes) {
    const ticks = groupOf(parseUnits(price, priceDecimals), side, groupTicks);
    sums.set(ticks, (sums.get(ticks) ?? 0) + Number(size));
  }
  return sums;
}

/** Widths offered for grouping, in ticks: the tick itself and its tenfolds while they are small beside the price. */
export function groupingsFor(tickTicks: number, lastTicks: number): number[] {
  const widths = [tickTicks];
  for (let width = tickTicks * 10; width <= lastTicks / 400 && widths.length < 5; width *= 10) {
    widths.push(width);
  }
  return widths;
}
