/** A small world for tests: one market in whole units, commands with growing ids, and the state that commits add up to. */
import type { BookLevel, MarketSpec, MarketTrade } from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { Answer, CommandBody, NewOrder, PlacedOrder } from "@mirrorbook/protocol";
import { marketSpec } from "@mirrorbook/testkit/market-spec";
import { Exchange, type Outcome } from "../src/index.ts";

export const START_MS = Date.UTC(2024, 7, 8, 12);
export const SYMBOL = "BTCUSDT";

/** Price and size as people write them: [100.5, 2] is 2 BTC at 100.50. */
export type PlainLevel = readonly [price: number, size: number];

export class World {
  readonly exchange: Exchange;
  readonly spec: MarketSpec;
  nowMs = START_MS;
  /** Stored fields by user, as all commits so far add up to. */
  readonly stored = new Map<string, { version: number; fields: Record<string, string> }>();
  readonly outcomes: Outcome[] = [];
  /** Stream id of the command sent last. */
  lastCommandId = "";
  #commands = 0;
  #trades = 0;

  constructor(
    options: {
      spec?: MarketSpec;
      makerFeeRate?: string;
      takerFeeRate?: string;
      startingBalance?: string;
    } = {},
  ) {
    this.exchange = new Exchange({
      startingBalance: options.startingBalance ?? "100000",
      makerFeeRate: options.makerFeeRate ?? "0",
      takerFeeRate: options.takerFeeRate ?? "0",
    });
    this.spec = options.spec ?? marketSpec();
    this.apply({ kind: "market", spec: this.spec, atMs: this.nowMs });
    this.status("live");
  }

  apply(input: Parameters<Exchange["apply"]>[0]): Outcome {
    const outcome = this.exchange.apply(input);
    this.outcomes.push(outcome);
    for (const commit of outcome.commits) {
      const stored = this.stored.get(commit.userId) ?? { version: 0, fields: {} };
      if (stored.version !== commit.version) throw new Error("a commit follows the one before");
      stored.version++;
      for (const [field, value] of commit.changes) {
        if (value === null) delete stored.fields[field];
        else stored.fields[field] = value;
      }
      this.stored.set(commit.userId, stored);
    }
    return outcome;
  }

  status(status: "live" | "stale" | "resyncing" | "halted"): Outcome {
    return this.apply({ kind: "status", symbol: SYMBOL, status, reason: "test", atMs: this.nowMs });
  }

  snapshot(bids: readonly PlainLevel[], asks: readonly PlainLevel[], lastUpdateId = 1): Outcome {
    const snapshot = {
      symbol: SYMBOL,
      lastUpdateId,
      bids: this.levels(bids),
      asks: this.levels(asks),
    };
    return this.apply({ kind: "snapshot", snapshot, atMs: this.nowMs });
  }

  /** The next depth event in sequence; its exchange time is now. */
  depth(changes: { bids?: readonly PlainLevel[]; asks?: readonly PlainLevel[] }): Outcome {
    const next = this.exchange.book(SYMBOL)!.lastUpdateId + 1;
    const event = {
      symbol: SYMBOL,
      firstUpdateId: next,
      finalUpdateId: next,
      exchangeTimeMs: this.nowMs,
      bids: this.levels(changes.bids ?? []),
      asks: this.levels(changes.asks ?? []),
    };
    return this.apply({ kind: "depth", event, atMs: this.nowMs });
  }

  /** A public trade, one millisecond on, so that it is newer than the last depth event. */
  trade(price: number, size: number, aggressor: "buy" | "sell", timeMs?: number): Outcome {
    this.nowMs++;
    const trade: MarketTrade = {
      symbol: SYMBOL,
      tradeId: ++this.#trades,
      price: this.ticks(price),
      size: this.lots(size),
      buyerIsMaker: aggressor === "sell",
      tradeTimeMs: timeMs ?? this.nowMs,
    };
    return this.apply({ kind: "trade", trade, atMs: this.nowMs });
  }

  pass(ms: number): Outcome {
    this.nowMs += ms;
    return this.apply({ kind: "clock", atMs: this.nowMs });
  }

  send<T>(
    body: CommandBody,
    options: { user?: string; key?: string; id?: string; sentAtMs?: number } = {},
  ): Answer<T> {
    const userId = options.user ?? "alice";
    if (!this.exchange.hasUser(userId)) {
      this.exchange.loadUser({ userId, version: 0, fields: {} });
    }
    const id = options.id ?? `${this.nowMs}-${++this.#commands}`;
    this.lastCommandId = id;
    const command = {
      id,
      userId,
      key: options.key ?? `key-${id}`,
      replyTo: "test",
      requestId: 0,
      body,
      sentAtMs: options.sentAtMs,
    };
    return this.apply({ kind: "command", command, atMs: this.nowMs }).answer as Answer<T>;
  }

  place(
    order: Partial<NewOrder>,
    options: { user?: string; key?: string; sentAtMs?: number } = {},
  ): Answer<PlacedOrder> {
    return this.send({ type: "order:place", order: newOrder(order) }, options);
  }

  /** Places an order that must be accepted. */
  placed(order: Partial<NewOrder>, user?: string): PlacedOrder {
    const answer = this.place(order, user === undefined ? {} : { user });
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    return answer.value;
  }

  /** Events of the last outcome, all users, in order. */
  get events(): readonly (readonly [string, Record<string, unknown>])[] {
    return this.outcomes.at(-1)!.commits.flatMap((commit) => commit.events) as never;
  }

  field<T>(field: string, user = "alice"): T | undefined {
    const text = this.stored.get(user)?.fields[field];
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  ticks(price: number): Ticks {
    return Math.round(price * 10 ** this.spec.priceDecimals) as Ticks;
  }

  lots(size: number): Lots {
    return Math.round(size * 10 ** this.spec.sizeDecimals) as Lots;
  }

  levels(levels: readonly PlainLevel[]): BookLevel[] {
    return levels.map(([price, size]) => [this.ticks(price), this.lots(size)]);
  }
}

export function newOrder(order: Partial<NewOrder>): NewOrder {
  return {
    account: "main",
    symbol: SYMBOL,
    side: "buy",
    type: "market",
    quantity: null,
    quoteQuantity: null,
    price: null,
    stopPrice: null,
    trailingBps: null,
    timeInForce: "GTC",
    expireAtMs: null,
    postOnly: false,
    ...order,
  };
}
