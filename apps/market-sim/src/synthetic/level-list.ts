/**
 * One side of a simulated book: prices (ticks) with sizes (lots), in two parallel arrays sorted from worst to best.
 *
 * The best level stands last, where most of the traffic is, so inserting and removing move few elements. `rank` is the
 * price for bids and its negative for asks: a higher rank is a better price on either side.
 */
export class LevelList {
  readonly sign: 1 | -1;
  private readonly ranks: number[] = [];
  private readonly sizes: number[] = [];

  constructor(side: "bids" | "asks") {
    this.sign = side === "bids" ? 1 : -1;
  }

  get length(): number {
    return this.ranks.length;
  }

  /** The price `depth` levels behind the best; the caller knows that there are as many. */
  priceAt(depth: number): number {
    return this.sign * this.ranks[this.ranks.length - 1 - depth]!;
  }

  sizeAt(depth: number): number {
    return this.sizes[this.sizes.length - 1 - depth]!;
  }

  sizeOf(price: number): number {
    const index = this.lowerBound(this.sign * price);
    return this.ranks[index] === this.sign * price ? this.sizes[index]! : 0;
  }

  /** How many levels are better than `price`: the depth at which it stands or would stand. */
  depthOf(price: number): number {
    const rank = this.sign * price;
    const index = this.lowerBound(rank);
    return this.ranks.length - index - (this.ranks[index] === rank ? 1 : 0);
  }

  /** Levels with a price in [price - reach, price + reach]. */
  countAround(price: number, reach: number): number {
    const rank = this.sign * price;
    return this.lowerBound(rank + reach + 1) - this.lowerBound(rank - reach);
  }

  /** The existing price closest to `price`, the worse one of two equally close. */
  nearest(price: number): number {
    const rank = this.sign * price;
    const index = this.lowerBound(rank);
    const above = this.ranks[index];
    const below = this.ranks[index - 1];
    if (above === undefined) return this.sign * below!;
    if (below === undefined) return this.sign * above;
    return this.sign * (above - rank < rank - below ? above : below);
  }

  /** Sets the size at a price; 0 removes the level. */
  set(price: number, lots: number): void {
    const rank = this.sign * price;
    const index = this.lowerBound(rank);
    const exists = this.ranks[index] === rank;
    if (lots > 0 && exists) this.sizes[index] = lots;
    else if (lots > 0) this.insert(index, rank, lots);
    else if (exists) this.removeAt(index);
  }

  private insert(index: number, rank: number, lots: number): void {
    this.ranks.splice(index, 0, rank);
    this.sizes.splice(index, 0, lots);
  }

  private removeAt(index: number): void {
    this.ranks.splice(index, 1);
    this.sizes.splice(index, 1);
  }

  private lowerBound(rank: number): number {
    let low = 0;
    let high = this.ranks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ranks[middle]! < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
