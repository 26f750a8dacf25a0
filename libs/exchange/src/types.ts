/** Inputs and outcomes of the exchange: the whole of its contract with the shell around it. */
import type { DepthEvent, DepthSnapshot, MarketSpec, MarketTrade } from "@mirrorbook/book";
import type { Answer, Command, MarketStatus, UserCommit } from "@mirrorbook/protocol";

/** Everything that can happen to the exchange. `atMs` is the shell's wall clock; the exchange has none. */
export type Input =
  | { readonly kind: "market"; readonly spec: MarketSpec; readonly atMs: number }
  | { readonly kind: "snapshot"; readonly snapshot: DepthSnapshot; readonly atMs: number }
  | { readonly kind: "depth"; readonly event: DepthEvent; readonly atMs: number }
  | { readonly kind: "trade"; readonly trade: MarketTrade; readonly atMs: number }
  | {
      readonly kind: "status";
      readonly symbol: string;
      readonly status: MarketStatus;
      readonly reason: string;
      readonly atMs: number;
    }
  | { readonly kind: "command"; readonly command: Command; readonly atMs: number }
  /**
   * Opens the gate of an account for some markets, or (`null`) closes it and cancels the account's open orders. Gated
   * portfolios of that name trade only while it is open; it is closed until told otherwise.
   */
  | {
      readonly kind: "gate";
      readonly account: string;
      readonly symbols: readonly string[] | null;
      readonly atMs: number;
    }
  /** Time passes: GTD and DAY expiry, dead-man timers, the latency model. */
  | { readonly kind: "clock"; readonly atMs: number };

/** What one input changed. Everything in it must be made durable before any answer is given. */
export interface Outcome {
  /** One per user whose state changed, in order. */
  readonly commits: readonly UserCommit[];
  /** For a command: what to tell the one who waits. */
  readonly answer: Answer<unknown> | null;
  /**
   * Held liquidity after this input, absolute, only levels that changed. To be stored *before* the commits: a leader
   * that dies in between then holds back too much rather than handing the same size out twice.
   */
  readonly held: readonly HeldChange[];
  /** Simulated fills for the public tape; no user ids. */
  readonly tape: readonly TapeEntry[];
}

export interface HeldChange {
  readonly symbol: string;
  /** "global", or the account whose trade room has a book of its own. */
  readonly scope: string;
  readonly side: "bid" | "ask";
  /** Decimal text in the market's units. Size "0": nothing is held at this price any more. */
  readonly price: string;
  readonly size: string;
}

export interface TapeEntry {
  readonly symbol: string;
  readonly price: string;
  readonly quantity: string;
  readonly side: "buy" | "sell";
}

/** A user's state as stored: what `Exchange.loadUser` takes. */
export interface StoredUser {
  readonly userId: string;
  readonly version: number;
  readonly fields: Readonly<Record<string, string>>;
}

export interface ExchangeOptions {
  /** SIM_USD each new portfolio starts with, decimal text. */
  readonly startingBalance: string;
  readonly makerFeeRate: string;
  readonly takerFeeRate: string;
}
