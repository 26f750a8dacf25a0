import type { SymbolInfo } from "./exchange-info.ts";
import type { MarketHistory } from "./history/market-history.ts";

/** Prices and sizes on the wire: decimal text with exactly 8 decimals. */
export type WireLevel = readonly [price: string, quantity: string];

/** What stands in for the best level of an empty side. */
export const NO_LEVEL: WireLevel = ["0.00000000", "0.00000000"];

export interface DepthAnswer {
  readonly lastUpdateId: number;
  readonly bids: readonly WireLevel[];
  readonly asks: readonly WireLevel[];
}

/** Where a source's messages go. `wants` lets a source skip the work of wording what nobody listens to. */
export interface MessageSink {
  wants(stream: string): boolean;
  /** `payload` is the JSON text of one message, without the combined-stream wrapper. */
  tell(symbol: string, stream: string, payload: string): void;
  /** Whether a reader is so far behind that a source that can wait should. */
  isCongested(): boolean;
}

export interface SourceStatus {
  readonly source: "synthetic" | "replay";
  /** The exchange's clock: wall time for a synthetic market, recorded time for a replay. */
  readonly exchangeTimeMs: number;
  readonly state: "waiting" | "running" | "finished" | "stopped";
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A market that the simulator puts on the wire: synthetic or recorded.
 *
 * What it promises: messages of one symbol come in the exchange's order; diffs of one symbol follow each other without
 * a hole in their update ids; `depth` answers with a book that this chain continues. Symbols are upper case, as in
 * `BTCUSDT`; every method that takes one is only called with a member of `symbols`.
 */
export interface MarketSource {
  readonly symbols: readonly string[];
  start(sink: MessageSink): void;
  stop(): void;
  nowMs(): number;
  info(symbol: string): SymbolInfo;
  depth(symbol: string, limit: number): DepthAnswer;
  history(symbol: string): MarketHistory;
  touch(symbol: string): { readonly bid: WireLevel; readonly ask: WireLevel };
  /** Stops or continues trading in one symbol; a halted symbol sends nothing. */
  setHalted(symbol: string, halted: boolean): void;
  status(): SourceStatus;
  /** Hears of every subscription; a recording may wait for the first. */
  onSubscribed?(stream: string): void;
  /** Lets the next recorded messages out and tells how many went; absent where time runs by itself. */
  step?(messages: number): number;
}
