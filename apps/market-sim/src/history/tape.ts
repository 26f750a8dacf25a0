/** A public trade. Price in ticks, size in lots. */
export interface Trade {
  readonly id: number;
  readonly price: number;
  readonly lots: number;
  readonly timeMs: number;
  readonly buyerIsMaker: boolean;
}

/** Trades of one taker order at one price, as Binance aggregates them. */
export interface AggregateTrade {
  readonly id: number;
  readonly price: number;
  lots: number;
  readonly firstTradeId: number;
  lastTradeId: number;
  readonly timeMs: number;
  readonly buyerIsMaker: boolean;
}

/** As many as `GET /api/v3/trades` can ask for. */
export const TAPE_LENGTH_MAX = 1_000;

/** The last trades of a market, single and aggregated. */
export class Tape {
  private readonly trades: Trade[] = [];
  private readonly aggregates: AggregateTrade[] = [];
  private nextAggregateId: number;

  constructor(firstAggregateId: number) {
    this.nextAggregateId = firstAggregateId;
  }

  /** Trades with one time, price and side belong to one taker order: the recordings leave no other sign of it. */
  add(trade: Trade): void {
    this.trades.push(trade);
    trim(this.trades);
    const last = this.aggregates.at(-1);
    if (last !== undefined && continues(last, trade)) {
      last.lots += trade.lots;
      last.lastTradeId = trade.id;
      return;
    }
    const { id: firstTradeId, price, lots, timeMs, buyerIsMaker } = trade;
    const id = this.nextAggregateId++;
    this.addAggregate({
      id,
      price,
      lots,
      firstTradeId,
      lastTradeId: firstTradeId,
      timeMs,
      buyerIsMaker,
    });
  }

  addAggregate(aggregate: AggregateTrade): void {
    this.aggregates.push(aggregate);
    trim(this.aggregates);
  }

  lastTrades(limit: number): readonly Trade[] {
    return this.trades.slice(-limit);
  }

  /** Aggregates with a higher id, oldest first. */
  aggregatesAfter(id: number): readonly AggregateTrade[] {
    const after = this.aggregates.findLastIndex((aggregate) => aggregate.id <= id);
    return this.aggregates.slice(after + 1);
  }

  /** The earliest aggregates that fit, or the latest when anything fits. */
  findAggregates(
    fits: ((aggregate: AggregateTrade) => boolean) | undefined,
    limit: number,
  ): readonly AggregateTrade[] {
    if (fits === undefined) return this.aggregates.slice(-limit);
    return this.aggregates.filter(fits).slice(0, limit);
  }
}

function continues(last: AggregateTrade, trade: Trade): boolean {
  return (
    last.timeMs === trade.timeMs &&
    last.price === trade.price &&
    last.buyerIsMaker === trade.buyerIsMaker &&
    last.lastTradeId + 1 === trade.id
  );
}

/** Drops the oldest in blocks, so that a full tape costs little per trade. */
function trim(entries: unknown[]): void {
  if (entries.length >= TAPE_LENGTH_MAX * 2) entries.splice(0, entries.length - TAPE_LENGTH_MAX);
}
