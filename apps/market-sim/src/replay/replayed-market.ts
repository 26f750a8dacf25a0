import { parseUnits } from "@mirrorbook/kernel";
import type { SymbolInfo } from "../exchange-info.ts";
import { MarketHistory } from "../history/market-history.ts";
import { RecordedRules } from "./recorded-rules.ts";
import type { RecordedMessage } from "./recording.ts";
import { type DepthUpdate, type Snapshot, TextBook } from "./text-book.ts";

interface RecordedTrade {
  readonly e: "trade" | "aggTrade";
  readonly p: string;
  readonly q: string;
  readonly T: number;
  readonly m: boolean;
  readonly t: number;
  readonly a: number;
  readonly f: number;
  readonly l: number;
}

/**
 * One symbol of a recording, as far as it has been replayed.
 *
 * Its book is the recorded snapshot with every diff sent so far that is newer. Before the replay reaches the snapshot the
 * book is thus ahead of the diffs, which Binance's rule covers: a client drops diffs up to the snapshot's id. Without a
 * recorded snapshot the book begins empty just before the first diff and knows the levels that diffs have told.
 */
export class ReplayedMarket {
  readonly symbol: string;
  readonly info: SymbolInfo;
  readonly history: MarketHistory;
  readonly start: Snapshot;
  readonly hasSnapshot: boolean;
  book: TextBook;
  private readonly hasTrades: boolean;

  constructor(symbol: string, messages: readonly RecordedMessage[]) {
    this.symbol = symbol;
    const rules = new RecordedRules();
    for (const message of messages) readRules(rules, message);
    this.info = rules.info(symbol);
    this.history = new MarketHistory(rules.scale(), 1);
    this.hasTrades = messages.some((message) => message.stream.endsWith("@trade"));
    const snapshot = messages.find(isSnapshot);
    this.hasSnapshot = snapshot !== undefined;
    this.start = snapshot ? (JSON.parse(snapshot.payload) as Snapshot) : emptyBefore(messages);
    this.book = new TextBook(this.start);
  }

  /** Takes note of a message that is being sent. */
  follow(stream: string, payload: string): void {
    if (stream.includes("@depth")) this.book.apply(JSON.parse(payload) as DepthUpdate);
    else if (stream.endsWith("@trade")) this.followTrade(JSON.parse(payload) as RecordedTrade);
    else if (stream.endsWith("@aggTrade"))
      this.followAggregate(JSON.parse(payload) as RecordedTrade);
  }

  private followTrade(trade: RecordedTrade): void {
    this.history.addTrade({ id: trade.t, ...this.unitsOf(trade) });
  }

  private followAggregate(trade: RecordedTrade): void {
    const units = this.unitsOf(trade);
    const { a: id, f: firstTradeId, l: lastTradeId } = trade;
    // Single trades, where recorded too, make the candles and the aggregates.
    if (!this.hasTrades) this.history.addAggregate({ id, firstTradeId, lastTradeId, ...units });
  }

  private unitsOf(trade: RecordedTrade) {
    const { priceDecimals, sizeDecimals } = this.history.scale;
    return {
      price: parseUnits(trade.p, priceDecimals),
      lots: parseUnits(trade.q, sizeDecimals),
      timeMs: trade.T,
      buyerIsMaker: trade.m,
    };
  }
}

function isSnapshot(message: RecordedMessage): boolean {
  return message.isRest && message.stream.includes("/depth");
}

function emptyBefore(messages: readonly RecordedMessage[]): Snapshot {
  const first = messages.find((message) => message.stream.includes("@depth"));
  const firstUpdateId = first === undefined ? 1 : (JSON.parse(first.payload) as DepthUpdate).U;
  return { lastUpdateId: firstUpdateId - 1, bids: [], asks: [] };
}

function readRules(rules: RecordedRules, message: RecordedMessage): void {
  const data = JSON.parse(message.payload);
  if (isSnapshot(message) || message.stream.includes("@depth")) {
    const origin = message.isRest ? "snapshot" : "diff";
    for (const [price, quantity] of [data.b ?? data.bids, data.a ?? data.asks].flat()) {
      rules.seeLevel(price, quantity, origin);
    }
  } else if (message.stream.endsWith("@bookTicker")) {
    rules.seeTouch(data.B);
    rules.seeTouch(data.A);
  }
}
