import { NO_LEVEL } from "../market-source.ts";
import { bookTickerText } from "../wire-messages.ts";
import type { ReplayedMarket } from "./replayed-market.ts";
import { type DepthUpdate, TextBook } from "./text-book.ts";

/** Which number fields of a message grow, and with what. Order ids (`a`, `b` of old trades) do not. */
const SHIFTED_FIELDS: Readonly<Record<string, Readonly<Record<string, keyof Offsets>>>> = {
  depth: { E: "timeMs", U: "updateId", u: "updateId" },
  bookTicker: { u: "updateId" },
  trade: { E: "timeMs", T: "timeMs", t: "tradeId" },
  aggTrade: { E: "timeMs", T: "timeMs", a: "aggregateId", f: "tradeId", l: "tradeId" },
};

interface Offsets {
  timeMs: number;
  updateId: number;
  tradeId: number;
  aggregateId: number;
}

/**
 * Makes a recording endless for one symbol: every round continues the update ids, trade ids and times of the last, and
 * one bridging diff turns the book of the end into that of the recorded snapshot. A client sees no seam, only a jump.
 */
export class LoopShift {
  private readonly market: ReplayedMarket;
  private readonly offsets: Offsets = { timeMs: 0, updateId: 0, tradeId: 0, aggregateId: 0 };
  private readonly first: Partial<Record<"t" | "a" | "f", number>> = {};
  private readonly last: Partial<Record<"t" | "a" | "l", number>> = {};

  constructor(market: ReplayedMarket) {
    this.market = market;
  }

  /** Words a recorded message for the current round; nothing for one that is older than the snapshot. */
  apply(stream: string, payload: string): string | undefined {
    const kind = kindOf(stream);
    if (kind === undefined) return this.offsets.timeMs === 0 ? payload : undefined;
    this.remember(payload, kind);
    if (this.offsets.timeMs === 0) return payload;
    const start = this.market.start.lastUpdateId;
    const updateId = kind === "depth" || kind === "bookTicker" ? numberOf(payload, "u") : undefined;
    if (updateId !== undefined && updateId <= start) return undefined;
    // The diff that straddles the snapshot must not reach behind the bridge.
    const text =
      kind === "depth"
        ? payload.replace(/"U":(\d+)/, (_, id: string) => `"U":${Math.max(Number(id), start + 1)}`)
        : payload;
    return this.shift(text, SHIFTED_FIELDS[kind]!);
  }

  /**
   * Ends a round; returns the payloads of the bridging diff and of the best prices that it leads to. `roundMs` is how
   * long a round takes in recorded time.
   */
  nextRound(roundMs: number, endTimeMs: number): { diff: string; bookTicker: string } {
    const { market, offsets } = this;
    const bridgeId = market.book.lastUpdateId + 1;
    const target = new TextBook(market.start);
    const levels = market.book.levelsTo(target);
    offsets.updateId = bridgeId - market.start.lastUpdateId;
    offsets.timeMs += roundMs;
    offsets.tradeId += span(this.first.t ?? this.first.f, this.last.t ?? this.last.l);
    offsets.aggregateId += span(this.first.a, this.last.a);
    const update: DepthUpdate = { U: bridgeId, u: bridgeId, ...levels };
    const { bids, asks } = target.snapshot(1);
    const touch = { updateId: bridgeId, bid: bids[0] ?? NO_LEVEL, ask: asks[0] ?? NO_LEVEL };
    return {
      diff: JSON.stringify({ e: "depthUpdate", E: endTimeMs, s: market.symbol, ...update }),
      bookTicker: bookTickerText(market.symbol, touch),
    };
  }

  private remember(payload: string, kind: string): void {
    if (this.offsets.timeMs !== 0 || (kind !== "trade" && kind !== "aggTrade")) return;
    for (const field of kind === "trade" ? (["t"] as const) : (["a", "f", "l"] as const)) {
      const value = numberOf(payload, field);
      if (field !== "l") this.first[field] ??= value;
      if (field !== "f") this.last[field] = value;
    }
  }

  private shift(payload: string, fields: Readonly<Record<string, keyof Offsets>>): string {
    return payload.replace(/"(\w)":(\d+)/g, (text, field: string, digits: string) => {
      const offset = fields[field];
      return offset === undefined ? text : `"${field}":${Number(digits) + this.offsets[offset]}`;
    });
  }
}

function kindOf(stream: string): string | undefined {
  if (stream.includes("@depth")) return "depth";
  return Object.keys(SHIFTED_FIELDS).find((kind) => stream.endsWith(`@${kind}`));
}

function numberOf(payload: string, field: string): number {
  return Number(new RegExp(`"${field}":(\\d+)`).exec(payload)?.[1]);
}

function span(first: number | undefined, last: number | undefined): number {
  return first === undefined || last === undefined ? 0 : last - first + 1;
}
