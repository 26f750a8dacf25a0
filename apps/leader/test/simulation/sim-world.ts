/** A clock that a seed drives: everything that happens in a simulation is an entry of one queue, in order of time. */
import { Random } from "@mirrorbook/testkit/random";

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
}

const EPOCH_MS = Date.UTC(2026, 0, 1);

export class SimWorld {
  readonly random: Random;
  #nowMs = 0;
  #order = 0;
  /** Binary heap by time, then by order of scheduling. */
  readonly #heap: Entry[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  get monotonicMs(): number {
    return this.#nowMs;
  }

  get wallMs(): number {
    return EPOCH_MS + Math.floor(this.#nowMs);
  }

  at(atMs: number, task: () => void): void {
    this.#push({ atMs: Math.max(atMs, this.#nowMs), order: this.#order++, task });
  }

  after(ms: number, task: () => void): void {
    this.at(this.#nowMs + ms, task);
  }

  /** Runs everything due until `untilMs`, each entry with all promises it settles. */
  async runUntil(untilMs: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#pop();
      this.#nowMs = next.atMs;
      next.task();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = untilMs;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent]!, heap[i]!)) break;
      swap(heap, i, parent);
      i = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
      if (least === i) return;
      swap(heap, i, least);
      i = least;
    }
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function swap(heap: Entry[], i: number, j: number): void {
  const entry = heap[i]!;
  heap[i] = heap[j]!;
  heap[j] = entry;
}
