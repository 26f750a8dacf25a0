import type { Exchange } from "@mirrorbook/exchange";
import type { Level } from "@mirrorbook/protocol";
import { HELD_LEVELS_SHOWN_MAX } from "@mirrorbook/store";

type LevelText = [price: string, size: string];

/** Held liquidity as clients are shown it: best levels first, a bounded number of them. */
export function shownHeld(held: ReturnType<Exchange["held"]>): {
  scope: string;
  bids: LevelText[];
  asks: LevelText[];
} {
  const best = (levels: readonly Level[]) =>
    levels.slice(0, HELD_LEVELS_SHOWN_MAX).map(([price, size]): LevelText => [price, size]);
  return { scope: "global", bids: best(held.bids), asks: best(held.asks) };
}
