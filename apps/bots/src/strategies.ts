/**
 * How paper traders decide: pure functions of what a bot sees, with chance as an argument. They are company and load, not
 * advice; floats are good enough for them, and the exchange rounds nothing in their favour.
 */

export interface Sight {
  readonly bid: number;
  readonly ask: number;
  /** Mid prices seen, oldest first, the present one last; at most `MEMORY`. */
  readonly mids: readonly number[];
  /** Free cash, and free inventory of the market's base asset. */
  readonly cash: number;
  readonly inventory: number;
}

export type Intent =
  | { readonly kind: "take"; readonly side: "buy" | "sell"; readonly share: number }
  /** Both sides of the book, this far from the mid, in place of what rests there now. */
  | { readonly kind: "quote"; readonly distance: number; readonly share: number }
  | { readonly kind: "wait" };

export type Strategy = (sight: Sight, random: () => number) => Intent;

export const MEMORY = 12;
/** Moves smaller than this share of the price are noise to those who look for one. */
const SIGNAL = 0.0001;
const WAIT: Intent = { kind: "wait" };

/** Buys what rises and sells what falls. */
const momentum: Strategy = ({ mids }) => {
  const move = moveOf(mids);
  if (Math.abs(move) < SIGNAL) return WAIT;
  return { kind: "take", side: move > 0 ? "buy" : "sell", share: 0.2 };
};

/** Buys below the average of late and sells above it. */
const meanReversion: Strategy = ({ mids }) => {
  if (mids.length < MEMORY) return WAIT;
  const average = mids.reduce((sum, mid) => sum + mid, 0) / mids.length;
  const distance = mids.at(-1)! / average - 1;
  if (Math.abs(distance) < SIGNAL) return WAIT;
  return { kind: "take", side: distance < 0 ? "buy" : "sell", share: 0.15 };
};

/** Offers on both sides, close to the market. */
const marketMaker: Strategy = ({ bid, ask }) => {
  const half = (ask - bid) / (ask + bid);
  return { kind: "quote", distance: Math.max(half, 0.0002), share: 0.1 };
};

/** Does something now and then. */
const noise: Strategy = (_, random) => {
  if (random() < 0.5) return WAIT;
  return { kind: "take", side: random() < 0.5 ? "buy" : "sell", share: 0.05 + random() / 10 };
};

export const STRATEGIES = { momentum, meanReversion, marketMaker, noise } as const;
export type StrategyName = keyof typeof STRATEGIES;
export const STRATEGY_NAMES = Object.keys(STRATEGIES) as StrategyName[];

/** Change over what is remembered, as a share of the first price. */
function moveOf(mids: readonly number[]): number {
  const [first] = mids;
  return first === undefined || mids.length < 3 ? 0 : mids.at(-1)! / first - 1;
}
