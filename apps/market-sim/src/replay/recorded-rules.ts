import { decimalsOf } from "@mirrorbook/kernel";
import { makeSymbolInfo, type SymbolInfo } from "../exchange-info.ts";
import type { Scale } from "../history/market-history.ts";

/** Quote assets, longest first, with the smallest order value usual there. */
const QUOTES: readonly (readonly [name: string, minNotional: string])[] = [
  ["FDUSD", "5.00000000"],
  ["USDT", "5.00000000"],
  ["USDC", "5.00000000"],
  ["BUSD", "5.00000000"],
  ["BTC", "0.00010000"],
  ["ETH", "0.00100000"],
  ["BNB", "0.01000000"],
  ["EUR", "5.00000000"],
  ["BRL", "10.00000000"],
  ["AUD", "5.00000000"],
  ["TRY", "10.00000000"],
];
/** Share of the values seen that must fit the unit: very old resting orders are finer than today's rules allow. */
const UNIT_COVERAGE = 0.995;
/** With this many values from diffs, snapshots, which are full of old orders, are not asked. */
const DIFF_VALUES_ENOUGH = 20;
/** A market order may take this many times the usual size at the touch. */
const MARKET_MAX_TOUCHES = 40;

type Origin = "diff" | "snapshot";

/** Gathers what a recording shows of one symbol's prices and quantities, to derive its rules. */
export class RecordedRules {
  private readonly prices = new DecimalsSeen();
  private readonly quantities = new DecimalsSeen();
  private readonly touchSizes: number[] = [];

  seeLevel(price: string, quantity: string, origin: Origin): void {
    this.prices.see(price, origin);
    if (Number(quantity) > 0) this.quantities.see(quantity, origin);
  }

  seeTouch(quantity: string): void {
    this.touchSizes.push(Number(quantity));
  }

  scale(): Scale {
    return { priceDecimals: this.prices.usual(), sizeDecimals: this.quantities.usual() };
  }

  info(symbol: string): SymbolInfo {
    const [quote, minNotional] = QUOTES.find(([name]) => symbol.endsWith(name)) ?? [
      "",
      "0.00000000",
    ];
    const touches = this.touchSizes.toSorted((a, b) => a - b);
    const usual = touches[Math.floor(touches.length / 2)] ?? 1_000;
    return makeSymbolInfo({
      symbol,
      base: symbol.slice(0, symbol.length - quote.length),
      quote,
      ...this.scale(),
      marketMax: usual * MARKET_MAX_TOUCHES,
      minNotional,
      maxPosition: undefined,
    });
  }
}

/** How many values were seen with how many decimals. */
class DecimalsSeen {
  private readonly counts = {
    diff: new Array<number>(9).fill(0),
    snapshot: new Array<number>(9).fill(0),
  };

  see(text: string, origin: Origin): void {
    this.counts[origin][decimalsOf(text)]!++;
  }

  /** The fewest decimals that nearly all values fit. */
  usual(): number {
    const { diff, snapshot } = this.counts;
    const isEnough = sum(diff) >= DIFF_VALUES_ENOUGH;
    const counts = isEnough ? diff : diff.map((count, decimals) => count + snapshot[decimals]!);
    const wanted = sum(counts) * UNIT_COVERAGE;
    return counts.findIndex((_, decimals) => sum(counts.slice(0, decimals + 1)) >= wanted);
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
