import type { HeldLevel } from "@mirrorbook/exchange";
import { HELD_LEVELS_SHOWN_MAX } from "@mirrorbook/store";
import type { MirroredMarket } from "../market-mirror.ts";

type LevelText = [price: string, size: string];

/** Held liquidity as clients are shown it: best levels first, a bounded number of them. */
export function shownHeld(
  held: readonly HeldLevel[],
  { format }: MirroredMarket,
): { scope: string; bids: LevelText[]; asks: LevelText[] } {
  const side = (which: "bid" | "ask") =>
    held
      .filter((level) => level.side === which)
      .sort((a, b) => (which === "bid" ? b.price - a.price : a.price - b.price))
      .slice(0, HELD_LEVELS_SHOWN_MAX)
      .map(({ price, size }): LevelText => [format.price(price), format.size(size)]);
  return { scope: "global", bids: side("bid"), asks: side("ask") };
}
