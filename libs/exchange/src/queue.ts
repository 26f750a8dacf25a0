/**
 * Where a resting order stands in the queue at its price.
 *
 * Public data shows sizes, not orders, so a decrease that no trade explains was a cancellation somewhere in the queue.
 * How much of it was *behind* the order is estimated as p = back² / (back² + front²): the larger part of the queue loses
 * more, over-proportionally. Squares of whole numbers round the same on every machine; logarithms and powers need not.
 *
 * Source: hftbacktest `ProbQueueModel` with `PowerProbQueueFunc(2)` (nkaz001/hftbacktest, src/backtest/models/queue.rs),
 * after rigtorp.se/2013/06/08/estimating-order-queue-position.html.
 *
 * Promises:
 * - Q1 `ahead` never grows and never exceeds the displayed size.
 * - Q2 A lot that traded is counted once, whether the trade or the depth event that contains it comes first.
 */

/** `ahead` and `credit` in lots. `credit`: what depth events have already moved it, for trades that are told late. */
export interface QueuePlace {
  ahead: number;
  credit: number;
}

/** Advances by a depth event at the order's price. `traded`: lots of the decrease that known trades explain. */
export function advanceByDepth(
  place: QueuePlace,
  before: number,
  after: number,
  traded: number,
): void {
  const front = place.ahead;
  const cancelled = before - after - traded;
  let estimate = front;
  // `before` is the size displayed before both trades and cancellations; the trades have moved `front` already.
  if (cancelled > 0 && front > 0) {
    const back = Math.max(0, before - traded - front);
    const behind = probabilityBehind(front, back) * cancelled;
    estimate = front - (cancelled - behind) + Math.min(back - behind, 0);
  }
  place.ahead = Math.max(0, Math.min(Math.ceil(estimate), after));
  place.credit += front - place.ahead;
}

/**
 * Advances by a public trade of `size` at the order's price and returns how many lots of it reached the order.
 * `isLate`: the book already contains the trade, so what depth events moved is taken off first (Q2).
 */
export function advanceByTrade(place: QueuePlace, size: number, isLate: boolean): number {
  let effective = size;
  if (isLate) {
    const counted = Math.min(place.credit, size);
    place.credit -= counted;
    effective -= counted;
  }
  const consumed = Math.min(place.ahead, effective);
  place.ahead -= consumed;
  return effective - consumed;
}

/** Bounds by a new book after a resynchronisation, which tells nothing of what happened in between. */
export function advanceBySnapshot(place: QueuePlace, displayed: number): void {
  const ahead = Math.min(place.ahead, displayed);
  place.credit += place.ahead - ahead;
  place.ahead = ahead;
}

function probabilityBehind(front: number, back: number): number {
  return (back * back) / (back * back + front * front);
}
