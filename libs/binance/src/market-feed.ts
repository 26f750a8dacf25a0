/**
 * The feed of one market: lines in, one true stream of book and trades out, and whether it may be trusted.
 *
 *  M1  `live` means: the book is a snapshot plus an unbroken chain, proven by an event that joined on to it or by REST
 *      showing the same update id, and no older than `staleAfterMs`.
 *  M2  Silence alone does not make a market stale: shortly before the limit REST is asked, and if its update id is the
 *      book's, there was nothing to tell; whether it still trades is asked, too.
 *  M3  An event that arrives later than usual by more than the limit (a stalled line's backlog) keeps the chain whole
 *      but does not count as fresh.
 *  M4  When no line is open the market is stale at once, and needs a snapshot afterwards.
 */
import type { DepthEvent, MarketSpec, MarketTrade } from "@mirrorbook/book";
import type { Clock } from "@mirrorbook/kernel";
import {
  type ArbiterStep,
  arbitrateDepth,
  arbitrateTrade,
  closeArbiterLine,
  createDepthArbiter,
  createTradeArbiter,
  giveUpHole,
  type LineId,
  openArbiterLine,
  restartArbiter,
} from "./arbitration.ts";
import { LagMeter } from "./lag-meter.ts";
import type { FeedOptions } from "./options.ts";
import { parseSnapshot, type TickerEvent } from "./parse.ts";
import type { RestOutcome } from "./rest.ts";
import { createSync, restartSync, syncDepth, syncSnapshot } from "./sync.ts";
import type { FeedEvent, FeedStatus } from "./types.ts";

export interface MarketFeedDeps {
  readonly options: Omit<FeedOptions, "symbols">;
  readonly clock: Clock;
  readonly depth: (symbol: string, limit: number) => Promise<RestOutcome>;
  readonly emit: (event: FeedEvent) => void;
  /** The market gets nothing although lines are open. */
  readonly linesAreUseless: (reason: string) => void;
  /** The market is silent, or speaks while halted: its status on Binance may have changed. */
  readonly statusInDoubt: () => void;
}

export interface MarketCounters {
  depthEvents: number;
  duplicates: number;
  gaps: number;
  snapshots: number;
  malformed: number;
}

/** Status of a symbol that trades on Binance. */
const TRADING = "TRADING";
/** Levels asked for when only the update id is of interest: the cheapest. */
const PROBE_LIMIT = 5;
/** Share of the stale limit after which silence is checked with REST, so the answer is there in time. */
const PROBE_AT = 0.6;
/** Pause before another snapshot when the last one was unusable; doubles up to the longest. */
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 5_000;

export class MarketFeed {
  readonly counters: MarketCounters = {
    depthEvents: 0,
    duplicates: 0,
    gaps: 0,
    snapshots: 0,
    malformed: 0,
  };
  readonly #deps: MarketFeedDeps;
  readonly #staleAfterMs: number;
  readonly #sync;
  readonly #arbiter = createDepthArbiter();
  readonly #trades = createTradeArbiter();
  readonly #lag = new LagMeter();
  #spec: MarketSpec;
  #status: FeedStatus | undefined;
  #reason = "";
  /** Raised when what was asked of REST before is worth nothing any more. */
  #generation = 0;
  #fetching = false;
  #fetchFailures = 0;
  #fetchAtMs = 0;
  #probing = false;
  #probeAtMs = 0;
  /** M1: the chain has been seen to go on, or REST to agree. */
  #proven = false;
  #freshAtMs = 0;
  #firstLineAtMs: number | undefined;
  #tickerTimeMs = 0;
  #holeSinceMs: number | undefined;
  /** A line was opened or an event came since the market went stale, so a new snapshot may help. */
  #mayHelp = false;

  constructor(spec: MarketSpec, deps: MarketFeedDeps) {
    this.#spec = spec;
    this.#deps = deps;
    this.#sync = createSync(deps.options.bufferedEventsMax);
    this.#staleAfterMs =
      deps.options.staleAfterMsBySymbol[spec.symbol] ?? deps.options.staleAfterMs;
    deps.emit({ kind: "market", spec });
    this.#applyTradingStatus("connecting");
  }

  get spec(): MarketSpec {
    return this.#spec;
  }

  get status(): FeedStatus | undefined {
    return this.#status;
  }

  /** Takes what `exchangeInfo` says now. Changed rules are told; changed units make a new book necessary. */
  updateSpec(spec: MarketSpec): void {
    const before = this.#spec;
    if (JSON.stringify(spec) === JSON.stringify(before)) return;
    this.#spec = spec;
    this.#deps.emit({ kind: "market", spec });
    const sameUnits =
      spec.priceDecimals === before.priceDecimals && spec.sizeDecimals === before.sizeDecimals;
    if (!sameUnits) this.#startOver("the market's units have changed");
    if (spec.status !== before.status) this.#applyTradingStatus("trading again");
  }

  lineOpened(line: LineId): void {
    openArbiterLine(this.#arbiter, line);
    this.#mayHelp = true;
    if (this.#arbiter.lines.size > 1) return;
    this.#firstLineAtMs = this.#deps.clock.monotonicMs();
    this.#startOver("connected, waiting for a snapshot");
  }

  /** Also told of lines that could not even be opened. */
  lineClosed(line: LineId, reason: string): void {
    const wasOpen = this.#arbiter.lines.has(line);
    if (wasOpen) this.#takeStep(closeArbiterLine(this.#arbiter, line));
    if (this.#arbiter.lines.size > 0) return;
    if (wasOpen) this.#startOver("connection lost");
    this.#setStatus("stale", `no connection: ${reason}`);
  }

  /** Like `trade` and `ticker` returns whether this was news, or another line had brought it before. */
  depth(line: LineId, event: DepthEvent): boolean {
    if (!this.#arbiter.lines.has(line)) return false;
    if (this.#status === "halted") {
      this.#deps.statusInDoubt();
      return false;
    }
    this.#mayHelp = true;
    const step = arbitrateDepth(this.#arbiter, line, event);
    this.#takeStep(step);
    return step.kind !== "duplicate";
  }

  trade(trade: MarketTrade): boolean {
    if (!arbitrateTrade(this.#trades, trade.tradeId)) return false;
    this.#deps.emit({ kind: "trade", trade, receivedAtMs: this.#deps.clock.nowMs() });
    return true;
  }

  ticker(ticker: TickerEvent, exchangeTimeMs: number): boolean {
    if (exchangeTimeMs <= this.#tickerTimeMs) return false;
    this.#tickerTimeMs = exchangeTimeMs;
    this.#deps.emit(ticker);
    return true;
  }

  /** Does what is due; to be called many times a second. */
  pulse(nowMs: number): void {
    if (this.#status === "halted") return;
    const { holePatienceMs } = this.#deps.options;
    if (this.#holeSinceMs !== undefined && nowMs - this.#holeSinceMs >= holePatienceMs) {
      this.#takeStep(giveUpHole(this.#arbiter));
    }
    if (this.#sync.phase === "buffering") this.#fetchSnapshotIfDue(nowMs);
    else this.#watchSilence(nowMs);
  }

  #takeStep(step: ArbiterStep): void {
    if (step.kind === "duplicate") this.counters.duplicates++;
    if (step.kind === "gap") {
      this.counters.gaps++;
      restartSync(this.#sync, step.events);
      this.#needSnapshot(gapReason(step));
    } else if (step.kind === "pass") {
      for (const event of step.events) this.#takeEvent(event);
    }
    if (this.#arbiter.held.length === 0) this.#holeSinceMs = undefined;
    else this.#holeSinceMs ??= this.#deps.clock.monotonicMs();
  }

  #takeEvent(event: DepthEvent): void {
    const step = syncDepth(this.#sync, event);
    if (step.kind === "gap") {
      this.counters.gaps++;
      this.#needSnapshot(gapReason(step));
    } else if (step.kind === "follow") {
      this.#emitDepth(event);
      this.#proven = true;
      this.#noteFreshness(event);
    }
  }

  #noteFreshness(event: DepthEvent): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#lag.measure(event.exchangeTimeMs, nowMs) > this.#staleAfterMs) return; // M3
    this.#freshAtMs = nowMs;
    this.#setStatus("live", "synchronised");
  }

  #emitDepth(event: DepthEvent): void {
    this.counters.depthEvents++;
    this.#deps.emit({ kind: "depth", event, receivedAtMs: this.#deps.clock.nowMs() });
  }

  #fetchSnapshotIfDue(nowMs: number): void {
    if (this.#fetching || nowMs < this.#fetchAtMs || this.#firstLineAtMs === undefined) return;
    const { firstEventPatienceMs } = this.#deps.options;
    const waiting = nowMs - this.#firstLineAtMs < firstEventPatienceMs;
    if (this.#sync.buffer.length === 0 && waiting) return;
    void this.#fetchSnapshot();
  }

  async #fetchSnapshot(): Promise<void> {
    const generation = this.#generation;
    this.#fetching = true;
    const outcome = await this.#deps.depth(this.#spec.symbol, this.#deps.options.snapshotLimit);
    if (generation !== this.#generation || outcome.kind === "stopped") return;
    this.#fetching = false;
    if (outcome.kind === "failed") return this.#retryFetch(outcome.reason, outcome.retryAfterMs);
    const parsed = parseSnapshot(outcome.body, this.#spec);
    if (parsed.kind === "malformed") {
      this.counters.malformed++;
      return this.#retryFetch(`malformed ${parsed.reason}`);
    }
    const step = syncSnapshot(this.#sync, parsed.snapshot);
    if (step.kind === "too-old") {
      return this.#retryFetch("the snapshot is older than the first event");
    }
    this.#fetchFailures = 0;
    this.counters.snapshots++;
    const receivedAtMs = this.#deps.clock.nowMs();
    this.#deps.emit({ kind: "snapshot", snapshot: parsed.snapshot, receivedAtMs });
    this.#synced(step.events);
  }

  #synced(events: readonly DepthEvent[]): void {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#lag.reset();
    for (const event of events) {
      this.#emitDepth(event);
      this.#lag.measure(event.exchangeTimeMs, nowMs);
    }
    this.#freshAtMs = nowMs;
    this.#probeAtMs = 0;
    this.#proven = events.length > 0;
    if (this.#proven) this.#setStatus("live", "synchronised");
  }

  #retryFetch(reason: string, atLeastMs = 0): void {
    const backoffMs = Math.min(RETRY_FIRST_MS * 2 ** this.#fetchFailures, RETRY_LONGEST_MS);
    this.#fetchFailures++;
    this.#fetchAtMs = this.#deps.clock.monotonicMs() + Math.max(backoffMs, atLeastMs);
    this.#setStatus("resyncing", reason);
  }

  #watchSilence(nowMs: number): void {
    const silentMs = nowMs - this.#freshAtMs;
    if (silentMs >= this.#staleAfterMs && this.#status !== "stale") {
      const seconds = Math.round(this.#staleAfterMs / 100) / 10;
      this.#setStatus("stale", `no fresh depth event for ${seconds} s`);
      this.#mayHelp = false;
      this.#deps.linesAreUseless(`no depth event of ${this.#spec.symbol}`);
    }
    const checkFromMs = this.#proven ? this.#staleAfterMs * PROBE_AT : 0;
    if (silentMs < checkFromMs || nowMs < this.#probeAtMs) return;
    if (this.#proven) this.#deps.statusInDoubt();
    void this.#probe(nowMs);
  }

  /** Asks REST whether the book has missed anything. */
  async #probe(startedAtMs: number): Promise<void> {
    if (this.#probing) return;
    const generation = this.#generation;
    this.#probing = true;
    this.#probeAtMs = startedAtMs + this.#staleAfterMs * (1 - PROBE_AT);
    const outcome = await this.#deps.depth(this.#spec.symbol, PROBE_LIMIT);
    if (generation !== this.#generation || outcome.kind === "stopped") return;
    this.#probing = false;
    if (this.#sync.phase !== "following" || outcome.kind === "failed") return;
    const parsed = parseSnapshot(outcome.body, this.#spec);
    if (parsed.kind === "malformed") return;
    if (parsed.snapshot.lastUpdateId <= this.#sync.lastUpdateId) {
      this.#proven = true;
      this.#freshAtMs = Math.max(this.#freshAtMs, startedAtMs);
      this.#setStatus("live", "synchronised; nothing has changed since");
    } else if (this.#status === "stale" && this.#mayHelp) {
      this.#startOver("the book has missed something");
    }
  }

  /** Throws the book away, and with it what was asked for in order to complete it. */
  #startOver(reason: string): void {
    restartArbiter(this.#arbiter);
    restartSync(this.#sync);
    this.#holeSinceMs = undefined;
    this.#firstLineAtMs = this.#arbiter.lines.size > 0 ? this.#deps.clock.monotonicMs() : undefined;
    this.#needSnapshot(reason);
    this.#generation++;
    this.#fetching = false;
    this.#probing = false;
  }

  #needSnapshot(reason: string): void {
    this.#proven = false;
    this.#setStatus("resyncing", reason);
  }

  #applyTradingStatus(reason: string): void {
    if (this.#spec.status !== TRADING) {
      this.#setStatus("halted", `Binance reports ${this.#spec.status}`);
      return;
    }
    this.#status = undefined;
    this.#startOver(reason);
  }

  /** While halted nothing else is told; only `applyTradingStatus` ends that. */
  #setStatus(status: FeedStatus, reason: string): void {
    if (this.#status === "halted") return;
    if (status === this.#status && (status === "live" || reason === this.#reason)) return;
    this.#status = status;
    this.#reason = reason;
    this.#deps.emit({ kind: "status", symbol: this.#spec.symbol, status, reason });
  }
}

function gapReason({ expected, received }: { expected: number; received: number }): string {
  return `gap: expected update ${expected}, received ${received}`;
}
