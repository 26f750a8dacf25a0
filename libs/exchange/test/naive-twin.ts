/**
 * What the exchange should do with limit and market orders, written from the rules in docs/exchange.md the slow and
 * obvious way: plain arrays, looked through from end to end, nothing remembered that can be worked out again. Whole numbers;
 * one scope, no money.
 */
export type Side = "bid" | "ask";

export interface TwinOrder {
  readonly id: string;
  readonly side: "buy" | "sell";
  readonly price: number;
  left: number;
  ahead: number;
  credit: number;
  readonly joined: number;
  readonly joinedBook: number;
}

interface Pending {
  readonly side: Side;
  readonly price: number;
  readonly size: number;
  readonly time: number;
}

export class NaiveTwin {
  readonly live = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  readonly held = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  readonly filled = new Map<string, number>();
  orders: TwinOrder[] = [];
  #pending: Pending[] = [];
  #bookTime = 0;

  place(
    id: string,
    side: "buy" | "sell",
    size: number,
    price: number | null,
    how: { now: number; time: "GTC" | "IOC" | "FOK"; postOnly: boolean },
  ): "refused" | "taken" {
    const opposite: Side = side === "buy" ? "ask" : "bid";
    const limit = price ?? (side === "buy" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
    const offered = this.#offers(opposite, limit);
    const total = offered.reduce((sum, [, left]) => sum + left, 0);
    if (how.postOnly && total > 0) return "refused";
    if (how.time === "FOK" && total < size) return "taken";
    const same: Side = side === "buy" ? "bid" : "ask";
    const ahead =
      price === null
        ? 0
        : Math.max(0, (this.live[same].get(price) ?? 0) - this.#traded(same, price));
    const left = size - this.#take(id, opposite, limit, size);
    if (price !== null && how.time === "GTC" && left > 0) {
      const joinedBook = this.#bookTime;
      this.orders.push({ id, side, price, left, ahead, credit: 0, joined: how.now, joinedBook });
    }
    return "taken";
  }

  cancel(id: string): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  depth(side: Side, price: number, after: number, time: number): void {
    const known = this.#pending.filter((trade) => trade.time <= time);
    this.#pending = this.#pending.filter((trade) => trade.time > time);
    this.#bookTime = Math.max(this.#bookTime, time);
    const before = this.live[side].get(price) ?? 0;
    if (before !== after) {
      put(this.live[side], price, after);
      put(this.held[side], price, Math.min(this.held[side].get(price) ?? 0, after));
      const traded = known
        .filter((trade) => trade.side === side && trade.price === price)
        .reduce((sum, trade) => sum + trade.size, 0);
      for (const order of this.orders) {
        if (order.price !== price || (order.side === "buy") !== (side === "bid")) continue;
        this.#cancelAhead(order, before - traded, before - after - traded, after);
      }
    }
    for (const order of this.#inPriority("buy")) this.#meetBook(order, "ask");
    for (const order of this.#inPriority("sell")) this.#meetBook(order, "bid");
  }

  trade(price: number, size: number, aggressor: "buy" | "sell", time: number): void {
    const hit: Side = aggressor === "sell" ? "bid" : "ask";
    const isLate = time <= this.#bookTime;
    if (!isLate) this.#pending.push({ side: hit, price, size, time });
    let given = 0;
    for (const order of this.#inPriority(aggressor === "sell" ? "buy" : "sell")) {
      const isThrough = order.side === "buy" ? order.price > price : order.price < price;
      if ((!isThrough && order.price !== price) || time <= order.joinedBook) continue;
      let reach = size;
      if (!isThrough) {
        const known = isLate ? Math.min(order.credit, size) : 0;
        order.credit -= known;
        reach = Math.max(0, size - known - order.ahead);
        order.ahead = Math.max(0, order.ahead - (size - known));
      }
      const got = Math.max(0, Math.min(order.left, reach - given));
      given += got;
      this.#fill(order, got);
    }
  }

  /** Levels that can be taken, best first. */
  #offers(side: Side, limit: number): [price: number, left: number][] {
    const direction = side === "ask" ? 1 : -1;
    return [...this.live[side]]
      .filter(([price]) => (side === "ask" ? price <= limit : price >= limit))
      .sort(([left], [right]) => direction * (left - right))
      .map(([price, size]): [number, number] => {
        return [price, size - (this.held[side].get(price) ?? 0) - this.#traded(side, price)];
      })
      .filter(([, left]) => left > 0);
  }

  #take(id: string, side: Side, limit: number, size: number): number {
    let taken = 0;
    for (const [price, left] of this.#offers(side, limit)) {
      const part = Math.min(left, size - taken);
      put(this.held[side], price, (this.held[side].get(price) ?? 0) + part);
      taken += part;
    }
    if (taken > 0) this.filled.set(id, (this.filled.get(id) ?? 0) + taken);
    return taken;
  }

  #traded(side: Side, price: number): number {
    return this.#pending
      .filter((trade) => trade.side === side && trade.price === price)
      .reduce((sum, trade) => sum + trade.size, 0);
  }

  /** p = back² / (back² + front²) of what was cancelled stood behind. */
  #cancelAhead(order: TwinOrder, standing: number, cancelled: number, after: number): void {
    const front = order.ahead;
    let estimate = front;
    if (cancelled > 0 && front > 0) {
      const back = Math.max(0, standing - front);
      const behind = (cancelled * back ** 2) / (back ** 2 + front ** 2);
      const tooMany = Math.max(0, behind - back);
      estimate = front - (cancelled - behind) - tooMany;
    }
    order.ahead = Math.max(0, Math.min(Math.ceil(estimate), after));
    order.credit += front - order.ahead;
  }

  #meetBook(order: TwinOrder, opposite: Side): void {
    const got = this.#take(order.id, opposite, order.price, order.left);
    order.left -= got;
    if (order.left === 0) this.cancel(order.id);
  }

  #fill(order: TwinOrder, size: number): void {
    if (size === 0) return;
    this.filled.set(order.id, (this.filled.get(order.id) ?? 0) + size);
    order.left -= size;
    if (order.left === 0) this.cancel(order.id);
  }

  #inPriority(side: "buy" | "sell"): TwinOrder[] {
    const direction = side === "buy" ? -1 : 1;
    return this.orders
      .filter((order) => order.side === side)
      .sort((left, right) => direction * (left.price - right.price) || left.joined - right.joined);
  }
}

function put(levels: Map<number, number>, price: number, size: number): void {
  if (size === 0) levels.delete(price);
  else levels.set(price, size);
}
