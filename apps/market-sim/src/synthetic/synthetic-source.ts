import type { Clock } from "@mirrorbook/kernel";
import { makeSymbolInfo, type SymbolInfo } from "../exchange-info.ts";
import { tellSummaries } from "../history/derived-streams.ts";
import type { MarketHistory } from "../history/market-history.ts";
import type { Trade } from "../history/tape.ts";
import type {
  DepthAnswer,
  MarketSource,
  MessageSink,
  SourceStatus,
  WireLevel,
} from "../market-source.ts";
import { wireDecimal } from "../wire-decimal.ts";
import {
  aggregateTradeText,
  bookTickerText,
  depthUpdateText,
  tradeText,
} from "../wire-messages.ts";
import type { LevelList } from "./level-list.ts";
import type { MarketProfile } from "./profile.ts";
import type { BookDiff } from "./simulated-book.ts";
import { STEP_MS, SyntheticMarket, type Touch } from "./synthetic-market.ts";

/** After a longer pause of the process the markets jump to the present instead of living through it. */
const CATCH_UP_MAX_MS = 2_000;
const SUMMARY_EVERY_MS = 1_000;
/** A market order may take this many times the usual size at the touch. */
const MARKET_MAX_TOUCHES = 40;

interface Listing {
  readonly market: SyntheticMarket;
  readonly info: SymbolInfo;
  halted: boolean;
}

/** Lets several synthetic markets live on the wall clock and words what they tell. */
export class SyntheticSource implements MarketSource {
  readonly symbols: readonly string[];
  private readonly listings: ReadonlyMap<string, Listing>;
  private readonly clock: Clock;
  private readonly seed: string;
  private timer: NodeJS.Timeout | undefined;
  private summarizedAtMs = 0;
  private readonly aggregatesTold = new Map<string, number>();

  constructor(profiles: readonly MarketProfile[], seed: string, clock: Clock) {
    this.clock = clock;
    this.seed = seed;
    this.symbols = profiles.map((profile) => profile.symbol);
    const startMs = clock.nowMs();
    this.listings = new Map(
      profiles.map((profile) => {
        const market = new SyntheticMarket(profile, seed, startMs);
        return [profile.symbol, { market, info: infoOf(profile), halted: false }];
      }),
    );
    for (const [symbol, { market }] of this.listings) {
      this.aggregatesTold.set(symbol, market.history.tape.findAggregates(undefined, 1)[0]?.id ?? 0);
    }
  }

  start(sink: MessageSink): void {
    this.timer = setInterval(() => this.advance(sink), STEP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  info(symbol: string): SymbolInfo {
    return this.listing(symbol).info;
  }

  history(symbol: string): MarketHistory {
    return this.listing(symbol).market.history;
  }

  depth(symbol: string, limit: number): DepthAnswer {
    const { book, profile } = this.listing(symbol).market;
    return {
      lastUpdateId: book.updateId,
      bids: wireLevels(book.bids, profile, limit),
      asks: wireLevels(book.asks, profile, limit),
    };
  }

  touch(symbol: string): { bid: WireLevel; ask: WireLevel } {
    const { book, profile } = this.listing(symbol).market;
    return { bid: wireLevel(book.bids, profile, 0), ask: wireLevel(book.asks, profile, 0) };
  }

  setHalted(symbol: string, halted: boolean): void {
    this.listing(symbol).halted = halted;
  }

  status(): SourceStatus {
    const state = this.timer === undefined ? "stopped" : "running";
    const detail = { seed: this.seed, symbols: this.symbols.join(",") };
    return { source: "synthetic", exchangeTimeMs: this.nowMs(), state, detail };
  }

  private advance(sink: MessageSink): void {
    const nowMs = this.clock.nowMs();
    for (const [symbol, listing] of this.listings) {
      const { market } = listing;
      if (listing.halted || nowMs - market.nowMs > CATCH_UP_MAX_MS) market.skipTo(nowMs);
      else market.advanceTo(nowMs, this.wording(symbol, market, sink));
    }
    const beforeMs = this.summarizedAtMs;
    if (nowMs - beforeMs < SUMMARY_EVERY_MS) return;
    this.summarizedAtMs = nowMs;
    for (const [symbol, { market, halted }] of this.listings) {
      if (halted) continue;
      const touch = () => this.touch(symbol);
      tellSummaries(sink, { symbol, history: market.history, touch }, nowMs, beforeMs);
    }
  }

  private wording(symbol: string, market: SyntheticMarket, sink: MessageSink) {
    const { profile } = market;
    const prefix = symbol.toLowerCase();
    const tell = (stream: string, text: () => string) => {
      if (sink.wants(`${prefix}@${stream}`)) sink.tell(symbol, `${prefix}@${stream}`, text());
    };
    return {
      onTouch: (touch: Touch) =>
        tell("bookTicker", () => bookTickerText(symbol, wireTouch(touch, profile))),
      onTrades: (trades: readonly Trade[], eventTimeMs: number) => {
        for (const trade of trades) {
          tell("trade", () => tradeText(symbol, profile, trade, eventTimeMs));
        }
        this.tellAggregates(symbol, market, sink, eventTimeMs);
      },
      onDiff: (diff: BookDiff, speed: "100ms" | "1000ms", eventTimeMs: number) =>
        tell(speed === "100ms" ? "depth@100ms" : "depth", () =>
          depthUpdateText(symbol, profile, diff, eventTimeMs),
        ),
    };
  }

  private tellAggregates(
    symbol: string,
    market: SyntheticMarket,
    sink: MessageSink,
    eventTimeMs: number,
  ): void {
    const stream = `${symbol.toLowerCase()}@aggTrade`;
    const told = this.aggregatesTold.get(symbol) ?? 0;
    const fresh = market.history.tape.aggregatesAfter(told);
    this.aggregatesTold.set(symbol, fresh.at(-1)?.id ?? told);
    if (!sink.wants(stream)) return;
    for (const aggregate of fresh) {
      sink.tell(symbol, stream, aggregateTradeText(symbol, market.profile, aggregate, eventTimeMs));
    }
  }

  private listing(symbol: string): Listing {
    return this.listings.get(symbol)!;
  }
}

function infoOf(profile: MarketProfile): SymbolInfo {
  return makeSymbolInfo({
    ...profile,
    marketMax: profile.touchMedian * MARKET_MAX_TOUCHES,
    minNotional: "5.00000000",
    maxPosition: profile.maxPosition,
  });
}

function wireLevels(list: LevelList, profile: MarketProfile, limit: number): WireLevel[] {
  const count = Math.min(limit, list.length);
  return Array.from({ length: count }, (_, depth) => wireLevel(list, profile, depth));
}

function wireLevel(list: LevelList, profile: MarketProfile, depth: number): WireLevel {
  return [
    wireDecimal(list.priceAt(depth), profile.priceDecimals),
    wireDecimal(list.sizeAt(depth), profile.sizeDecimals),
  ];
}

function wireTouch(touch: Touch, { priceDecimals, sizeDecimals }: MarketProfile) {
  const { updateId, bid, bidLots, ask, askLots } = touch;
  return {
    updateId,
    bid: [wireDecimal(bid, priceDecimals), wireDecimal(bidLots, sizeDecimals)] as const,
    ask: [wireDecimal(ask, priceDecimals), wireDecimal(askLots, sizeDecimals)] as const,
  };
}
