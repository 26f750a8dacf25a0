/** The live feed: owns connections, REST budget and markets, and tells one listener what happens. */
import type { MarketSpec } from "@mirrorbook/book";
import { type Clock, systemClock } from "@mirrorbook/kernel";
import { lineOpener, type OpenLine, type RestApi, restApi } from "./binance-library.ts";
import { LineGroup } from "./line-group.ts";
import { MarketFeed } from "./market-feed.ts";
import { parseExchangeInfo } from "./market-spec.ts";
import { DEFAULT_OPTIONS, type FeedOptions } from "./options.ts";
import { parseStreamMessage } from "./parse.ts";
import { Rest } from "./rest.ts";
import type { FeedEvent, FeedStatus } from "./types.ts";

/** Parts of the outside world that a test may replace. */
export interface FeedDeps {
  readonly clock?: Clock;
  readonly openLine?: OpenLine;
  readonly restApi?: RestApi;
}

export interface FeedStats {
  readonly linesOpened: number;
  readonly linesClosed: number;
  readonly malformed: number;
  readonly markets: Readonly<
    Record<string, { readonly status: FeedStatus | undefined } & MarketFeed["counters"]>
  >;
}

export interface Feed {
  stats(): FeedStats;
  /** Closes everything; nothing is told afterwards. */
  stop(): void;
}

/** Binance's code for a query that names a symbol it does not know. */
const INVALID_SYMBOL = -1121;
const MALFORMED_RETRY_MS = 5_000;

/**
 * Starts mirroring `options.symbols` (as Binance writes them: BTCUSDT) and tells `onEvent` everything, in the order that `FeedEvent` promises.
 *
 * What Binance or the network does becomes a status with its reason, and is tried again for ever.
 *
 * @throws {AppError} BAD_REQUEST when a base is not a URL.
 */
export function startFeed(
  options: Partial<FeedOptions> & Pick<FeedOptions, "symbols">,
  onEvent: (event: FeedEvent) => void,
  deps: FeedDeps = {},
): Feed {
  const symbols = [...new Set(options.symbols)];
  const feed = new BinanceFeed({ ...DEFAULT_OPTIONS, ...options, symbols }, onEvent, deps);
  feed.start();
  return feed;
}

class BinanceFeed implements Feed {
  readonly #options: FeedOptions;
  readonly #onEvent: (event: FeedEvent) => void;
  readonly #clock: Clock;
  readonly #openLine: OpenLine;
  readonly #rest: Rest;
  readonly #markets = new Map<string, MarketFeed>();
  readonly #groups: LineGroup[] = [];
  readonly #complaints = new Map<string, string>();
  readonly #invalid = new Set<string>();
  #stopped = false;
  #pulse: NodeJS.Timeout | undefined;
  #marketsAtMs = 0;
  #marketsReadAtMs = 0;
  #readingMarkets = false;
  #lastLineId = 0;
  #linesOpened = 0;
  #linesClosed = 0;
  #malformed = 0;

  constructor(options: FeedOptions, onEvent: (event: FeedEvent) => void, deps: FeedDeps) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#clock = deps.clock ?? systemClock;
    this.#openLine = deps.openLine ?? lineOpener(options.wsBase);
    const api = deps.restApi ?? restApi(options.httpBase, options.restTimeoutMs);
    this.#rest = new Rest(api, options.weightPerMinute, this.#clock);
  }

  start(): void {
    this.#pulse = setInterval(() => this.#onPulse(), this.#options.pulseMs);
    this.#onPulse();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#pulse);
    this.#rest.stop();
    for (const group of this.#groups) group.stop();
  }

  stats(): FeedStats {
    const markets = [...this.#markets].map(([symbol, { status, counters }]) => {
      return [symbol, { status, ...counters }] as const;
    });
    return {
      linesOpened: this.#linesOpened,
      linesClosed: this.#linesClosed,
      malformed: this.#malformed,
      markets: Object.fromEntries(markets),
    };
  }

  #onPulse(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#marketsAtMs && !this.#readingMarkets) void this.#readMarkets();
    for (const group of this.#groups) group.pulse(nowMs);
    for (const market of this.#markets.values()) market.pulse(nowMs);
  }

  /** Reads status and rules of all markets; those seen for the first time are mirrored from now on. */
  async #readMarkets(): Promise<void> {
    this.#readingMarkets = true;
    const symbols = this.#options.symbols.filter((symbol) => !this.#invalid.has(symbol));
    const retryMs = symbols.length === 0 ? undefined : await this.#readSymbols(symbols);
    this.#readingMarkets = false;
    const waitMs = retryMs ?? this.#options.marketsEveryMs;
    this.#marketsReadAtMs = this.#clock.monotonicMs();
    this.#marketsAtMs = this.#marketsReadAtMs + waitMs;
  }

  #readMarketsSoon(): void {
    const soonMs = this.#marketsReadAtMs + this.#options.marketsAtMostEveryMs;
    this.#marketsAtMs = Math.min(this.#marketsAtMs, soonMs);
  }

  /** Returns when to ask again if some market is still unknown. */
  async #readSymbols(symbols: readonly string[]): Promise<number | undefined> {
    const outcome = await this.#rest.exchangeInfo(symbols);
    if (outcome.kind === "stopped") return undefined;
    if (outcome.kind === "answer") return this.#takeMarkets(outcome.body, symbols);
    if (outcome.code === INVALID_SYMBOL) return this.#findInvalid(symbols);
    const unknown = symbols.filter((symbol) => !this.#markets.has(symbol));
    this.#complain(unknown, "stale", outcome.reason);
    return unknown.length === 0 ? undefined : outcome.retryAfterMs;
  }

  /** One unknown symbol spoils the answer for all, and Binance does not say which; so each is asked for alone. */
  async #findInvalid(symbols: readonly string[]): Promise<number | undefined> {
    const [only, ...others] = symbols;
    if (only !== undefined && others.length === 0) {
      this.#invalid.add(only);
      this.#complain([only], "halted", "Binance knows no such symbol");
      return undefined;
    }
    let retryMs: number | undefined;
    for (const symbol of symbols) retryMs = (await this.#readSymbols([symbol])) ?? retryMs;
    return retryMs;
  }

  #takeMarkets(body: unknown, asked: readonly string[]): number | undefined {
    const parsed = parseExchangeInfo(body);
    if (parsed.kind === "malformed") {
      this.#malformed++;
      const unknown = asked.filter((symbol) => !this.#markets.has(symbol));
      this.#complain(unknown, "stale", "Binance sent a malformed exchangeInfo");
      return MALFORMED_RETRY_MS;
    }
    const added: string[] = [];
    for (const symbol of asked) {
      const spec = parsed.specs.get(symbol);
      const market = this.#markets.get(symbol);
      if (spec === undefined) continue;
      if (market === undefined) added.push(symbol);
      else market.updateSpec(spec);
    }
    const size = this.#options.symbolsPerGroup;
    for (let i = 0; i < added.length; i += size) {
      this.#mirror(added.slice(i, i + size).map((symbol) => parsed.specs.get(symbol)!));
    }
    return undefined;
  }

  /** Starts mirroring some markets over lines of their own. */
  #mirror(specs: readonly MarketSpec[]): void {
    let group: LineGroup | undefined;
    const markets = specs.map(
      (spec) =>
        new MarketFeed(spec, {
          options: this.#options,
          clock: this.#clock,
          depth: (symbol, limit) => this.#rest.depth(symbol, limit),
          emit: this.#emit,
          linesAreUseless: (reason) => group?.replaceAll(reason),
          statusInDoubt: () => this.#readMarketsSoon(),
        }),
    );
    for (const market of markets) this.#markets.set(market.spec.symbol, market);
    group = new LineGroup({
      streams: specs.flatMap(({ symbol }) => streamsOf(symbol)),
      openLine: this.#openLine,
      clock: this.#clock,
      options: this.#options,
      nextId: () => ++this.#lastLineId,
      events: {
        lineOpened: (id) => {
          this.#linesOpened++;
          for (const market of markets) market.lineOpened(id);
        },
        lineClosed: (id, reason) => {
          this.#linesClosed++;
          for (const market of markets) market.lineClosed(id, reason);
        },
        message: (id, message) =>
          this.#takeMessage(id, message, () => group?.shutdownAnnounced(id)),
      },
    });
    this.#groups.push(group);
  }

  /** Returns whether the message was news. */
  #takeMessage(line: number, raw: unknown, onShutdown: () => void): boolean {
    const message = parseStreamMessage(raw, this.#unitsOf);
    switch (message.kind) {
      case "depth":
        return this.#markets.get(message.event.symbol)?.depth(line, message.event) ?? false;
      case "trade":
        return this.#markets.get(message.trade.symbol)?.trade(message.trade) ?? false;
      case "ticker": {
        const { ticker, exchangeTimeMs } = message;
        return this.#markets.get(ticker.symbol)?.ticker(ticker, exchangeTimeMs) ?? false;
      }
      case "shutdown":
        onShutdown();
        return false;
      case "malformed":
        this.#malformed++;
        return false;
      case "ignored":
        return false;
    }
  }

  #unitsOf = (symbol: string) => this.#markets.get(symbol)?.spec;

  #emit = (event: FeedEvent) => {
    if (!this.#stopped) this.#onEvent(event);
  };

  /** Says of markets that are not mirrored why not, once per reason. */
  #complain(symbols: readonly string[], status: FeedStatus, reason: string): void {
    for (const symbol of symbols) {
      if (this.#complaints.get(symbol) === reason) continue;
      this.#complaints.set(symbol, reason);
      this.#emit({ kind: "status", symbol, status, reason });
    }
  }
}

function streamsOf(symbol: string): string[] {
  const name = symbol.toLowerCase();
  return [`${name}@depth@100ms`, `${name}@trade`, `${name}@ticker`];
}
