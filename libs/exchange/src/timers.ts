/** What falls due at a time: an order that arrives or expires, or a user's dead-man switch. */
export interface Timer {
  readonly kind: "arrive" | "expire" | "cancel_after";
  readonly userId: string;
  /** Empty for `cancel_after`. */
  readonly orderId: string;
}

interface Entry {
  readonly dueMs: number;
  readonly key: string;
}

/** Dead entries tolerated before the heap is rebuilt. */
const SLACK = 64;

/**
 * Timers by due time: a binary heap with lazy deletion, ordered by (due, key), so the order does not depend on when
 * they were set.
 */
export class Timers {
  readonly #live = new Map<string, { dueMs: number; timer: Timer }>();
  #heap: Entry[] = [];

  get size(): number {
    return this.#live.size;
  }

  /** Sets the timer, in place of an earlier one of the same kind, user and order. */
  set(timer: Timer, dueMs: number): void {
    const key = keyOf(timer);
    if (this.#live.get(key)?.dueMs === dueMs) return;
    this.#live.set(key, { dueMs, timer });
    this.#push({ dueMs, key });
    if (this.#heap.length > 2 * this.#live.size + SLACK) this.#rebuild();
  }

  clear(timer: Timer): void {
    this.#live.delete(keyOf(timer));
  }

  /** Removes and returns the earliest timer due at `nowMs`. */
  popDue(nowMs: number): Timer | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      const live = this.#live.get(first.key);
      const isLive = live?.dueMs === first.dueMs;
      if (isLive && first.dueMs > nowMs) return undefined;
      this.#pop();
      if (!isLive) continue;
      this.#live.delete(first.key);
      return live.timer;
    }
    return undefined;
  }

  #rebuild(): void {
    this.#heap = [...this.#live].map(([key, { dueMs }]) => ({ dueMs, key })).sort(compare);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (compare(heap[parent]!, entry) <= 0) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && compare(heap[child + 1]!, heap[child]!) < 0) child++;
      if (compare(last, heap[child]!) <= 0) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function keyOf({ kind, userId, orderId }: Timer): string {
  return `${kind} ${userId} ${orderId}`;
}

function compare(left: Entry, right: Entry): number {
  if (left.dueMs !== right.dueMs) return left.dueMs - right.dueMs;
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}
