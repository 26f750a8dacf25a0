/**
 * A leaderboard as a child would keep it: it writes down every fill and every snapshot, and at each tick counts everything
 * from the beginning, by the definitions. Knows nothing of stored states, running sums or earlier ticks.
 */
import { Amount } from "@mirrorbook/kernel";
import type { RoomMetric, Trade } from "@mirrorbook/protocol";
import { SAMPLES_MIN } from "@mirrorbook/rooms";

export interface NaiveRow {
  readonly rank: number;
  readonly userId: string;
  readonly equity: string;
  readonly returnPercent: string;
  readonly realizedPnL: string;
  readonly maxDrawdownPercent: string;
}

interface Member {
  readonly userId: string;
  readonly fills: Trade[];
  /** Equity at each snapshot. */
  readonly curve: number[];
}

interface Standing {
  readonly member: Member;
  readonly equity: Amount;
  readonly realized: Amount;
  readonly value: Amount | number | null;
  readonly drawdown: number;
}

export class NaiveBoard {
  readonly #cash: Amount;
  readonly #metric: RoomMetric;
  readonly #members = new Map<string, Member>();

  constructor(startingCash: string, metric: RoomMetric) {
    this.#cash = new Amount(startingCash);
    this.#metric = metric;
  }

  join(userId: string): void {
    this.#members.set(userId, { userId, fills: [], curve: [] });
  }

  leave(userId: string): void {
    this.#members.delete(userId);
  }

  filled(userId: string, trade: Trade): void {
    this.#members.get(userId)?.fills.push(trade); // Who left may still have an order open.
  }

  /** Best first. `bids`: best bid by symbol, decimal text. */
  rows(bids: Readonly<Record<string, string>>): NaiveRow[] {
    const standings = Array.from(this.#members.values(), (member) => this.#standing(member, bids));
    return standings.sort(byRank).map(({ member, equity, realized, drawdown }, index) => ({
      rank: index + 1,
      userId: member.userId,
      equity: equity.toString(),
      returnPercent: profitOf(equity, this.#cash).times(100).toDecimalPlaces(4).toString(),
      realizedPnL: realized.toString(),
      maxDrawdownPercent: (drawdown * 100).toFixed(4),
    }));
  }

  snapshot(bids: Readonly<Record<string, string>>): void {
    for (const member of this.#members.values()) {
      member.curve.push(this.#standing(member, bids).equity.toNumber());
    }
  }

  #standing(member: Member, bids: Readonly<Record<string, string>>): Standing {
    let equity = this.#cash;
    let realized = new Amount(0);
    for (const symbol of Object.keys(bids)) {
      const inventory = inventoryOf(member.fills.filter((fill) => fill.symbol === symbol));
      equity = equity.plus(inventory.cash).plus(inventory.quantity.times(bids[symbol]!));
      realized = realized.plus(inventory.realized);
    }
    const drawdown = drawdownOf(member.curve);
    const profit = profitOf(equity, this.#cash);
    const value = this.#value(member.curve, profit, realized, drawdown);
    return { member, equity, realized, value, drawdown };
  }

  #value(curve: readonly number[], profit: Amount, realized: Amount, drawdown: number) {
    switch (this.#metric) {
      case "return":
        return profit;
      case "realized_pnl":
        return realized;
      case "max_drawdown":
        return -drawdown;
      default:
        return ratioOf(this.#metric, curve, drawdown);
    }
  }
}

/** Everything bought and sold in one market: the money it brought, what is left of it, the profit taken. */
function inventoryOf(fills: readonly Trade[]) {
  let [cash, quantity, cost, realized] = [0, 0, 0, 0].map((zero) => new Amount(zero));
  for (const { side, price, quantity: size, fee } of fills) {
    if (side === "buy") {
      const kept = new Amount(size).minus(fee); // Fees are taken from what is received.
      cash = cash!.minus(new Amount(size).times(price));
      quantity = quantity!.plus(kept);
      cost = cost!.plus(kept.times(price));
      realized = realized!.minus(new Amount(fee).times(price));
    } else {
      const share = cost!.times(size).div(quantity!);
      cash = cash!.plus(new Amount(size).times(price)).minus(fee);
      quantity = quantity!.minus(size);
      cost = cost!.minus(share);
      realized = realized!.plus(new Amount(size).times(price)).minus(share).minus(fee);
    }
  }
  return { cash: cash!, quantity: quantity!, realized: realized! };
}

function profitOf(equity: Amount, cash: Amount): Amount {
  return equity.minus(cash).div(cash);
}

/** The worst loss from any snapshot to any later one. */
function drawdownOf(curve: readonly number[]): number {
  const losses = curve.flatMap((peak, at) => curve.slice(at).map((later) => (peak - later) / peak));
  return Math.max(0, ...losses);
}

function ratioOf(
  metric: "sharpe" | "sortino" | "calmar",
  curve: readonly number[],
  drawdown: number,
): number | null {
  const returns = curve.slice(1).map((equity, at) => equity / curve[at]! - 1);
  if (returns.length < SAMPLES_MIN) return null;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const mean = sum(returns) / returns.length;
  if (metric === "calmar") return drawdown > 0 ? (curve.at(-1)! / curve[0]! - 1) / drawdown : null;
  const squares =
    metric === "sharpe"
      ? sum(returns.map((value) => (value - mean) ** 2)) / (returns.length - 1)
      : sum(returns.map((value) => Math.min(value, 0) ** 2)) / returns.length;
  return squares > 0 ? mean / Math.sqrt(squares) : null;
}

function byRank(left: Standing, right: Standing): number {
  return (
    compareValues(left.value, right.value) ||
    left.drawdown - right.drawdown ||
    compareLastFills(left.member, right.member) ||
    (left.member.userId < right.member.userId ? -1 : 1)
  );
}

/** More first; what does not count last. */
function compareValues(left: Standing["value"], right: Standing["value"]): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return new Amount(right).comparedTo(left);
}

/** Earlier first; who never traded last. */
function compareLastFills({ fills: left }: Member, { fills: right }: Member): number {
  const [one, other] = [left.at(-1)?.executedAt, right.at(-1)?.executedAt];
  if (one === other) return 0;
  if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
  return one < other ? -1 : 1;
}
