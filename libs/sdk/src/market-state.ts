/** Small pure reducers for what a market tells beside its book. */
import type { MarketEvents } from "@mirrorbook/protocol";

export const TAPE_LENGTH_MAX = 200;

export type TapeTrade = MarketEvents["tape:trade"];

/** Newest first. Numbers rule out repeats; a hole in the tape is not repaired, it is for the eye. */
export function addToTape(tape: readonly TapeTrade[], trade: TapeTrade): readonly TapeTrade[] {
  const last = tape[0];
  if (last !== undefined && trade.seq <= last.seq) return tape;
  return [trade, ...tape].slice(0, TAPE_LENGTH_MAX);
}

/** Puts history (any order, from REST) below what has arrived live meanwhile. */
export function mergeTape(
  live: readonly TapeTrade[],
  history: readonly TapeTrade[],
): readonly TapeTrade[] {
  const bySeq = new Map([...history, ...live].map((trade) => [trade.seq, trade]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, TAPE_LENGTH_MAX);
}

/** Sizes already taken by simulated fills, by price text. */
export interface HeldLiquidity {
  readonly seq: number;
  readonly bids: ReadonlyMap<string, string>;
  readonly asks: ReadonlyMap<string, string>;
}

export const NOTHING_HELD: HeldLiquidity = { seq: 0, bids: new Map(), asks: new Map() };

/** Takes the list as it is now: every level that is held, the best ones if they are many. */
export function applyHeld(
  held: HeldLiquidity,
  event: MarketEvents["liquidity:held"],
): HeldLiquidity {
  if (event.scope !== "global") return held; // A trade room's own book is not this one.
  return { seq: event.seq, bids: new Map(event.bids), asks: new Map(event.asks) };
}
