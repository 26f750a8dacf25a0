import { type BookUpdate, type BookView, bookChecksum, type Level } from "@mirrorbook/protocol";

/**
 * A client's copy of one book, kept the simple way: two maps of text, sorted when looked at.
 *
 * Faults are kept, not thrown, since they are found inside an event handler; a test asserts that there are none.
 */
export class MirroredBook {
  seq = 0;
  lastUpdateId = 0;
  updates = 0;
  readonly faults: string[] = [];
  /** Checksum by number, to compare what several clients saw. */
  readonly checksums = new Map<number, number>();
  readonly #bids = new Map<string, string>();
  readonly #asks = new Map<string, string>();

  get bids(): Level[] {
    return sorted(this.#bids, -1);
  }

  get asks(): Level[] {
    return sorted(this.#asks, 1);
  }

  get ready(): boolean {
    return this.seq > 0;
  }

  onSnapshot(view: BookView): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#take(view);
  }

  onUpdate(update: BookUpdate): void {
    if (!this.ready || update.seq <= this.seq) return; // Told by the snapshot already.
    if (update.prevSeq !== this.seq) {
      this.faults.push(`update ${update.seq} follows ${update.prevSeq}, we are at ${this.seq}`);
    }
    this.updates += 1;
    this.#take(update);
  }

  #take(view: BookView): void {
    setLevels(this.#bids, view.bids);
    setLevels(this.#asks, view.asks);
    keepBest(this.#bids, this.bids, view.depth);
    keepBest(this.#asks, this.asks, view.depth);
    this.seq = view.seq;
    this.lastUpdateId = view.lastUpdateId;
    this.checksums.set(view.seq, view.checksum);
    this.#verify(view);
  }

  #verify(view: BookView): void {
    const { bids, asks } = this;
    if (bookChecksum(bids, asks) !== view.checksum) {
      this.faults.push(`checksum of ${view.seq} is not ${view.checksum}`);
    }
    const [bid, ask] = [bids[0], asks[0]];
    if (bid !== undefined && ask !== undefined && Number(bid[0]) >= Number(ask[0])) {
      this.faults.push(`crossed after ${view.seq}: ${bid[0]} ≥ ${ask[0]}`);
    }
  }
}

function setLevels(side: Map<string, string>, levels: readonly Level[]): void {
  for (const [price, size] of levels) {
    if (/[1-9]/.test(size)) side.set(price, size);
    else side.delete(price);
  }
}

/** A view has `depth` levels; what falls out of it is not told of again. */
function keepBest(side: Map<string, string>, levels: readonly Level[], depth: number): void {
  for (const [price] of levels.slice(depth)) side.delete(price);
}

function sorted(side: ReadonlyMap<string, string>, direction: 1 | -1): Level[] {
  return [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
}
