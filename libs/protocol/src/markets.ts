/**
 * Markets and how clients may name them.
 *
 * A market is `SIM_BTC/SIM_USD` (pair), backed by Binance `BTCUSDT` (symbol). Clients may write the pair, the symbol,
 * `BTC/USDT`, `BTC/USD`, `BTC-USDT` or the base asset alone, in any case.
 */
import { z } from "zod";
import { DecimalText } from "./text.ts";

export const MarketStatus = z.enum(["live", "stale", "resyncing", "halted"]);
export type MarketStatus = z.infer<typeof MarketStatus>;

export const MarketSource = z.enum(["binance", "simulated"]);
export type MarketSource = z.infer<typeof MarketSource>;

/** What clients learn of a market (`GET /api/markets`); the leader keeps it in `market:{SYMBOL}:info`. */
export const MarketInfo = z.object({
  pair: z.string(),
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  priceDecimals: z.int().min(0).max(18),
  sizeDecimals: z.int().min(0).max(18),
  tickSize: DecimalText,
  stepSize: DecimalText,
  minQuantity: DecimalText,
  minNotional: DecimalText,
  makerFeeRate: DecimalText,
  takerFeeRate: DecimalText,
  status: MarketStatus,
  source: MarketSource,
});
export type MarketInfo = z.infer<typeof MarketInfo>;

/** The simulated asset for a Binance asset: BTC → SIM_BTC; the dollar stable coin of the pair is SIM_USD. */
export function simulatedAsset(binanceAsset: string): string {
  return binanceAsset === "USDT" ? "SIM_USD" : `SIM_${binanceAsset}`;
}

export interface MarketName {
  readonly pair: string;
  readonly symbol: string;
  readonly base: string;
}

/** Resolves what clients write to a symbol; `undefined` when no market of `markets` is meant. */
export class MarketNames {
  readonly #symbols = new Map<string, string>();

  constructor(markets: Iterable<MarketName>) {
    for (const { pair, symbol, base } of markets) {
      this.#symbols.set(key(pair), symbol);
      this.#symbols.set(key(symbol), symbol);
      const plainBase = key(base.replace(/^SIM_/, ""));
      if (!this.#symbols.has(plainBase)) this.#symbols.set(plainBase, symbol);
      if (symbol.endsWith("USDT")) this.#symbols.set(key(symbol.slice(0, -1)), symbol);
    }
  }

  resolve(text: string): string | undefined {
    return this.#symbols.get(key(text));
  }
}

function key(text: string): string {
  return text
    .toUpperCase()
    .replaceAll("SIM_", "")
    .replace(/[/\-_]/g, "");
}
