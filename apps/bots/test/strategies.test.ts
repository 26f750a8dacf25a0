import { describe, expect, test } from "@jest/globals";
import { MEMORY, type Sight, STRATEGIES } from "../src/strategies.ts";

const sight = (mids: readonly number[]): Sight => {
  const mid = mids.at(-1)!;
  return { bid: mid - 0.5, ask: mid + 0.5, mids, cash: 1_000, inventory: 1 };
};
const rising = Array.from({ length: MEMORY }, (_, i) => 100 + i);
const flat = rising.map(() => 100);
const never = () => {
  throw new Error("no chance in this one");
};

describe("strategies", () => {
  test("momentum goes with a move, mean reversion against it, both wait without one", () => {
    const { momentum, meanReversion } = STRATEGIES;
    expect(momentum(sight(rising), never)).toMatchObject({ kind: "take", side: "buy" });
    expect(momentum(sight(rising.toReversed()), never)).toMatchObject({ side: "sell" });
    expect(meanReversion(sight(rising), never)).toMatchObject({ kind: "take", side: "sell" });
    expect(meanReversion(sight(rising.toReversed()), never)).toMatchObject({ side: "buy" });
    for (const strategy of [momentum, meanReversion]) {
      expect(strategy(sight(flat), never)).toEqual({ kind: "wait" });
    }
  });

  test("a market maker never quotes inside the spread", () => {
    const intent = STRATEGIES.marketMaker(sight([100]), never);
    expect(intent).toMatchObject({ kind: "quote" });
    if (intent.kind === "quote") expect(100 * (1 - intent.distance)).toBeLessThanOrEqual(99.5);
  });

  test("noise is chance alone", () => {
    const numbers = [0.9, 0.1, 0.5];
    const random = () => numbers.shift()!;
    expect(STRATEGIES.noise(sight([100]), random)).toEqual({
      kind: "take",
      side: "buy",
      share: 0.1,
    });
    expect(STRATEGIES.noise(sight([100]), () => 0.1)).toEqual({ kind: "wait" });
  });
});
