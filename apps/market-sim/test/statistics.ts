import type { Trade } from "../src/history/tape.ts";
import type { MarketProfile } from "../src/synthetic/profile.ts";
import type { BookDiff } from "../src/synthetic/simulated-book.ts";
import {
  type MarketListener,
  SyntheticMarket,
  type Touch,
} from "../src/synthetic/synthetic-market.ts";

type Level = readonly [number, number];

/** What the statistics table of the recordings holds, measured the same way on a synthetic market. */
export interface Statistics {
  readonly perSecond: {
    readonly messages: readonly number[];
    readonly touches: readonly number[];
    readonly trades: readonly number[];
    readonly updateIds: number;
  };
  readonly diffs: number;
  readonly levelsPerDiff: readonly number[];
  readonly idsPerDiff: readonly number[];
  readonly oneSidedShare: number;
  readonly operations: Readonly<Record<Operation, number>>;
  readonly distanceBps: readonly number[];
  readonly atTouchShare: number;
  readonly oneTickAfterDiff: number;
  readonly oneTickTouches: number;
  readonly priceChangingTouches: number;
  readonly touchLots: readonly number[];
  readonly takerOrdersPerSecond: number;
  readonly tradesPerOrder: readonly number[];
  readonly severalPricesShare: number;
  readonly sameSideShare: number;
  readonly buyerIsMakerShare: number;
  readonly tradeLots: readonly number[];
  readonly returnBps: readonly number[];
  readonly unchangedSeconds: number;
}

type Operation = "add" | "change" | "repeat" | "delete" | "unknown";

/** The value below which `share` of the sorted-on-the-fly values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(mean(values.map((value) => value * value)));
}

/** Runs a market in virtual time and measures it like the recordings were. */
export function measure(
  profile: MarketProfile,
  seed: string,
  startMs: number,
  seconds: number,
): Statistics {
  const market = new SyntheticMarket(profile, seed, startMs);
  const meter = new Meter(market);
  for (let second = 1; second <= seconds; second++) {
    market.advanceTo(startMs + second * 1_000, meter);
    meter.endSecond();
  }
  return meter.result(seconds);
}

class Meter implements MarketListener {
  private readonly market: SyntheticMarket;
  private readonly known: { bids: Map<number, number>; asks: Map<number, number> };
  private readonly firstUpdateId: number;
  private readonly messages: number[] = [];
  private readonly touches: number[] = [];
  private readonly trades: number[] = [];
  private now = { messages: 0, touches: 0, trades: 0 };
  private readonly levelsPerDiff: number[] = [];
  private readonly idsPerDiff: number[] = [];
  private oneSided = 0;
  private readonly operations = { add: 0, change: 0, repeat: 0, delete: 0, unknown: 0 };
  private readonly distanceBps: number[] = [];
  private atTouch = 0;
  private oneTickDiffs = 0;
  private oneTickTouches = 0;
  private priceChanges = 0;
  private readonly touchLots: number[] = [];
  private lastTouch: Touch;
  private readonly orders: { trades: number; prices: Set<number>; sell: boolean }[] = [];
  private readonly tradeLots: number[] = [];
  private makerBuys = 0;
  private readonly mids: number[] = [];
  private bestBid: number;
  private bestAsk: number;

  constructor(market: SyntheticMarket) {
    this.market = market;
    this.firstUpdateId = market.book.updateId;
    this.known = { bids: new Map(), asks: new Map() };
    const { bids, asks } = market.book;
    for (let i = 0; i < Math.min(1000, bids.length); i++)
      this.known.bids.set(bids.priceAt(i), bids.sizeAt(i));
    for (let i = 0; i < Math.min(1000, asks.length); i++)
      this.known.asks.set(asks.priceAt(i), asks.sizeAt(i));
    this.bestBid = bids.priceAt(0);
    this.bestAsk = asks.priceAt(0);
    this.lastTouch = {
      updateId: 0,
      bid: bids.priceAt(0),
      bidLots: bids.sizeAt(0),
      ask: asks.priceAt(0),
      askLots: asks.sizeAt(0),
    };
    this.mids.push(market.book.mid());
  }

  onTouch(touch: Touch): void {
    this.now.messages++;
    this.now.touches++;
    if (touch.ask - touch.bid === 1) this.oneTickTouches++;
    if (touch.bid !== this.lastTouch.bid || touch.ask !== this.lastTouch.ask) this.priceChanges++;
    this.touchLots.push(touch.bidLots, touch.askLots);
    this.lastTouch = touch;
  }

  onTrades(trades: readonly Trade[]): void {
    this.now.messages += trades.length;
    this.now.trades += trades.length;
    this.orders.push({
      trades: trades.length,
      prices: new Set(trades.map((trade) => trade.price)),
      sell: trades[0]!.buyerIsMaker,
    });
    for (const trade of trades) {
      this.tradeLots.push(trade.lots);
      if (trade.buyerIsMaker) this.makerBuys++;
    }
  }

  onDiff(diff: BookDiff, speed: "100ms" | "1000ms"): void {
    if (speed !== "100ms") return;
    this.now.messages++;
    this.levelsPerDiff.push(diff.bids.length + diff.asks.length);
    this.idsPerDiff.push(diff.finalUpdateId - diff.firstUpdateId + 1);
    if (diff.bids.length === 0 || diff.asks.length === 0) this.oneSided++;
    for (const level of diff.bids) this.apply(this.known.bids, level, this.bestBid, 1);
    for (const level of diff.asks) this.apply(this.known.asks, level, this.bestAsk, -1);
    this.bestBid = this.market.book.bids.priceAt(0);
    this.bestAsk = this.market.book.asks.priceAt(0);
    if (this.bestAsk - this.bestBid === 1) this.oneTickDiffs++;
  }

  private apply(side: Map<number, number>, [price, lots]: Level, best: number, sign: number): void {
    const held = side.get(price);
    if (lots === 0) this.operations[held === undefined ? "unknown" : "delete"]++;
    else if (held === undefined) this.operations.add++;
    else this.operations[held === lots ? "repeat" : "change"]++;
    if (lots === 0) side.delete(price);
    else side.set(price, lots);
    const behind = sign * (best - price);
    if (behind === 0) this.atTouch++;
    this.distanceBps.push((Math.abs(behind) / best) * 10_000);
  }

  endSecond(): void {
    this.messages.push(this.now.messages);
    this.touches.push(this.now.touches);
    this.trades.push(this.now.trades);
    this.now = { messages: 0, touches: 0, trades: 0 };
    this.mids.push(this.market.book.mid());
  }

  result(seconds: number): Statistics {
    const operations = Object.values(this.operations).reduce((sum, count) => sum + count, 0);
    const returns = this.mids.slice(1).map((mid, i) => Math.log(mid / this.mids[i]!) * 10_000);
    const sides = this.orders.map((order) => order.sell);
    const share = (count: number, all: number) => count / Math.max(1, all);
    const operationShare = (name: Operation) => share(this.operations[name], operations);
    return {
      perSecond: {
        messages: this.messages,
        touches: this.touches,
        trades: this.trades,
        updateIds: (this.market.book.updateId - this.firstUpdateId) / seconds,
      },
      diffs: this.levelsPerDiff.length,
      levelsPerDiff: this.levelsPerDiff,
      idsPerDiff: this.idsPerDiff,
      oneSidedShare: share(this.oneSided, this.levelsPerDiff.length),
      operations: {
        add: operationShare("add"),
        change: operationShare("change"),
        repeat: operationShare("repeat"),
        delete: operationShare("delete"),
        unknown: operationShare("unknown"),
      },
      distanceBps: this.distanceBps,
      atTouchShare: share(this.atTouch, operations),
      oneTickAfterDiff: share(this.oneTickDiffs, this.levelsPerDiff.length),
      oneTickTouches: share(
        this.oneTickTouches,
        this.touches.reduce((sum, n) => sum + n, 0),
      ),
      priceChangingTouches: share(
        this.priceChanges,
        this.touches.reduce((sum, n) => sum + n, 0),
      ),
      touchLots: this.touchLots,
      takerOrdersPerSecond: this.orders.length / seconds,
      tradesPerOrder: this.orders.map((order) => order.trades),
      severalPricesShare: share(
        this.orders.filter((order) => order.prices.size > 1).length,
        this.orders.length,
      ),
      sameSideShare: share(
        sides.slice(1).filter((sell, i) => sell === sides[i]).length,
        sides.length - 1,
      ),
      buyerIsMakerShare: share(this.makerBuys, this.tradeLots.length),
      tradeLots: this.tradeLots,
      returnBps: returns,
      unchangedSeconds: share(returns.filter((value) => value === 0).length, returns.length),
    };
  }
}
