import { AppError, type Clock } from "@mirrorbook/kernel";
import type { SymbolInfo } from "../exchange-info.ts";
import { tellSummaries } from "../history/derived-streams.ts";
import type { MarketHistory } from "../history/market-history.ts";
import {
  type DepthAnswer,
  type MarketSource,
  type MessageSink,
  NO_LEVEL,
  type SourceStatus,
  type WireLevel,
} from "../market-source.ts";
import { LoopShift } from "./loop-shift.ts";
import type { RecordedMessage, Recording } from "./recording.ts";
import { ReplayedMarket } from "./replayed-market.ts";

/** Times real pace, as fast as the readers follow, or one by one on demand. */
export type ReplaySpeed = number | "max" | "step";

export interface ReplayOptions {
  readonly speed: ReplaySpeed;
  /** Begins at once, or when the first client subscribes to a depth stream. */
  readonly begin: "at-once" | "on-subscription";
  /** At the end: stay silent with lines open, begin again, or tell `onEnd` so that the shell closes. */
  readonly end: "hold" | "loop" | "close";
  readonly onEnd?: () => void;
}

const TICK_MS = 5;
/** Messages sent between two looks at the readers at speed `max`. */
const BATCH = 250;
const SUMMARY_EVERY_MS = 1_000;
/** Diffs from which the difference between the exchange's clock and the recorder's is read. */
const CLOCK_SAMPLES = 200;

/** Sends a recording again, at its own pace or a multiple of it. */
export class ReplaySource implements MarketSource {
  readonly symbols: readonly string[];
  private readonly messages: readonly RecordedMessage[];
  private readonly markets: ReadonlyMap<string, ReplayedMarket>;
  private readonly loops: ReadonlyMap<string, LoopShift>;
  private readonly recordedStreams: ReadonlySet<string>;
  private readonly options: ReplayOptions;
  private readonly clock: Clock;
  private readonly clockAheadMs: number;
  private readonly halted = new Set<string>();
  private sink: MessageSink | undefined;
  private timer: NodeJS.Timeout | undefined;
  private state: SourceStatus["state"] = "waiting";
  private position = 0;
  private round = 0;
  private begunAtMs = 0;
  private summarizedAtMs = 0;

  constructor(recording: Recording, options: ReplayOptions, clock: Clock) {
    this.messages = recording.messages;
    this.symbols = recording.symbols;
    this.options = options;
    this.clock = clock;
    const bySymbol = Map.groupBy(recording.messages, (message) => message.symbol);
    const markets = this.symbols.map((symbol) => new ReplayedMarket(symbol, bySymbol.get(symbol)!));
    this.markets = new Map(markets.map((market) => [market.symbol, market]));
    this.loops = new Map(markets.map((market) => [market.symbol, new LoopShift(market)]));
    this.clockAheadMs = clockAhead(recording.messages);
    this.recordedStreams = new Set(recording.messages.map((message) => message.stream));
    if (options.end === "loop" && markets.some((market) => !market.hasSnapshot)) {
      throw new AppError("BAD_REQUEST", "Only recordings with a snapshot per symbol can loop.");
    }
  }

  start(sink: MessageSink): void {
    this.sink = sink;
    if (this.options.begin === "at-once") this.begin();
  }

  onSubscribed(stream: string): void {
    if (stream.includes("@depth") && this.options.begin === "on-subscription") this.begin();
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.state !== "finished") this.state = "stopped";
  }

  /** The exchange's clock at the message sent last, and running on from there at the replay's speed. */
  nowMs(): number {
    const { speed } = this.options;
    const last = this.messages[Math.max(0, this.position - 1)]!.timeMs + this.roundOffsetMs();
    const isRunning = typeof speed === "number" && this.state === "running";
    return this.clockAheadMs + (isRunning ? Math.max(last, Math.floor(this.dueMs())) : last);
  }

  info(symbol: string): SymbolInfo {
    return this.market(symbol).info;
  }

  history(symbol: string): MarketHistory {
    return this.market(symbol).history;
  }

  depth(symbol: string, limit: number): DepthAnswer {
    return this.market(symbol).book.snapshot(limit);
  }

  touch(symbol: string): { bid: WireLevel; ask: WireLevel } {
    const { bids, asks } = this.market(symbol).book.snapshot(1);
    return { bid: bids[0] ?? NO_LEVEL, ask: asks[0] ?? NO_LEVEL };
  }

  /** A halted symbol's messages pass unsent: after resuming its clients see a gap, as after real maintenance. */
  setHalted(symbol: string, halted: boolean): void {
    if (halted) this.halted.add(symbol);
    else this.halted.delete(symbol);
  }

  status(): SourceStatus {
    return {
      source: "replay",
      exchangeTimeMs: this.nowMs(),
      state: this.state,
      detail: {
        sent: this.position,
        messages: this.messages.length,
        round: this.round,
        speed: this.options.speed,
      },
    };
  }

  step(messages: number): number {
    const from = this.position;
    while (this.position - from < messages && this.position < this.messages.length) this.sendNext();
    const sent = this.position - from;
    this.finishIfDone();
    return sent;
  }

  private begin(): void {
    if (this.state !== "waiting") return;
    this.state = "running";
    this.begunAtMs = this.clock.monotonicMs();
    // The client that caused this is still being subscribed.
    if (this.options.speed !== "step") this.timer = setTimeout(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    if (this.options.speed === "max") this.sendBatch();
    else this.sendDue();
    this.summarize();
    this.finishIfDone();
    if (this.state !== "running") return;
    const pauseMs = this.options.speed === "max" && !this.sink!.isCongested() ? 0 : TICK_MS;
    this.timer = setTimeout(() => this.tick(), pauseMs);
  }

  private sendBatch(): void {
    const end = Math.min(this.messages.length, this.position + BATCH);
    while (this.position < end && !this.sink!.isCongested()) this.sendNext();
  }

  private sendDue(): void {
    const dueMs = this.dueMs() - this.roundOffsetMs();
    while (this.messages[this.position] !== undefined) {
      if (this.messages[this.position]!.timeMs > dueMs) return;
      this.sendNext();
    }
  }

  /** The recorded time, rounds included, that the pace has reached. */
  private dueMs(): number {
    const elapsedMs = this.clock.monotonicMs() - this.begunAtMs;
    return this.messages[0]!.timeMs + elapsedMs * (this.options.speed as number);
  }

  private sendNext(): void {
    const message = this.messages[this.position++]!;
    if (message.isRest) return;
    const payload = this.loops.get(message.symbol)!.apply(message.stream, message.payload);
    if (payload !== undefined) this.send(message.symbol, message.stream, payload);
  }

  private send(symbol: string, stream: string, payload: string): void {
    this.market(symbol).follow(stream, payload);
    if (!this.halted.has(symbol)) this.sink!.tell(symbol, stream, payload);
  }

  private finishIfDone(): void {
    if (this.position < this.messages.length || this.state === "finished") return;
    if (this.options.end === "loop") {
      this.beginNextRound();
      return;
    }
    this.state = "finished";
    if (this.options.end === "close") this.options.onEnd?.();
  }

  private beginNextRound(): void {
    const endTimeMs = this.nowMs();
    for (const [symbol, loop] of this.loops) {
      const { diff, bookTicker } = loop.nextRound(this.roundMs(), endTimeMs);
      this.send(symbol, `${symbol.toLowerCase()}@bookTicker`, bookTicker);
      this.send(symbol, `${symbol.toLowerCase()}@depth@100ms`, diff);
    }
    this.round++;
    this.position = 0;
  }

  private roundMs(): number {
    return this.messages.at(-1)!.timeMs - this.messages[0]!.timeMs + 1;
  }

  private roundOffsetMs(): number {
    return this.round * this.roundMs();
  }

  /** Tickers and candles of what has been replayed, unless the recording has them itself. */
  private summarize(): void {
    const nowMs = this.nowMs();
    const beforeMs = this.summarizedAtMs;
    if (nowMs - beforeMs < SUMMARY_EVERY_MS) return;
    this.summarizedAtMs = nowMs;
    const sink = this.sink!;
    const missing: MessageSink = {
      wants: (stream) => sink.wants(stream) && !this.recordedStreams.has(stream),
      tell: (symbol, stream, payload) => sink.tell(symbol, stream, payload),
      isCongested: () => sink.isCongested(),
    };
    for (const [symbol, { history }] of this.markets) {
      if (this.halted.has(symbol)) continue;
      tellSummaries(missing, { symbol, history, touch: () => this.touch(symbol) }, nowMs, beforeMs);
    }
  }

  private market(symbol: string): ReplayedMarket {
    return this.markets.get(symbol)!;
  }
}

/** How far the exchange's clock was ahead of the recording machine's: the median over the first diffs. */
function clockAhead(messages: readonly RecordedMessage[]): number {
  const ahead = messages
    .filter((message) => message.stream.includes("@depth@"))
    .slice(0, CLOCK_SAMPLES)
    .map((message) => (JSON.parse(message.payload) as { E: number }).E - message.timeMs)
    .sort((a, b) => a - b);
  return ahead[Math.floor(ahead.length / 2)] ?? 0;
}
