/** Counts open connections of this node, in all and by address. */
export class ConnectionCounts {
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  /** Counts a connection until the returned function is called; calling it again does nothing. */
  enter(address: string): () => void {
    this.#change(address, 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#change(address, -1);
    };
  }

  #change(address: string, by: 1 | -1): void {
    this.#total += by;
    const count = this.of(address) + by;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
  }
}
