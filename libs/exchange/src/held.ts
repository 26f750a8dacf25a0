/**
 * Held liquidity: what simulated orders have taken from the mirrored book and the market has not replaced.
 *
 * Promises:
 * - H1 `held ≤ live` at every displayed level after every update: `held = min(held, live)`.
 * - H2 What can be taken is `live − held`; an increase above the lowest size seen since the taking is new.
 * - H3 Together they give P5: fills at a price never exceed the size displayed there plus the increases seen since.
 *
 * Source of the clamp: Hummingbot's CompositeOrderBook, which has it for market orders only.
 */
import type { Book, BookSide } from "@mirrorbook/book";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { Fill } from "./walk.ts";

export const GLOBAL_SCOPE = "global";

export interface HeldLevel {
  readonly scope: string;
  readonly side: BookSide;
  readonly price: Ticks;
  readonly size: Lots;
}

/** One side of the book in one scope. */
class HeldSide {
  readonly scope: string;
  readonly side: BookSide;
  /** Lots by price. */
  readonly sizes = new Map<number, number>();
  /** Prices changed since they were last told. */
  readonly changed = new Set<number>();
  /**
   * Nothing is left from the best level to this price, until the book next changes. Only a shortcut for orders in quick
   * succession, which would else walk again over all that those before them took.
   */
  emptyTo: Ticks | null = null;

  constructor(scope: string, side: BookSide) {
    this.scope = scope;
    this.side = side;
  }

  set(price: number, size: number): void {
    if (size === 0) this.sizes.delete(price);
    else this.sizes.set(price, size);
    this.changed.add(price);
  }
}

interface HeldScope {
  readonly bid: HeldSide;
  readonly ask: HeldSide;
}

const SIDES = ["bid", "ask"] as const;
const NOTHING = new HeldSide("", "bid");

export class HeldLiquidity {
  readonly #scopes = new Map<string, HeldScope>();
  /** Sides with changed prices: there may be a scope per trade room, and few change with one input. */
  readonly #changed = new Set<HeldSide>();

  /** Held lots by price. */
  sizes(scope: string, side: BookSide): ReadonlyMap<number, number> {
    return this.#known(scope, side).sizes;
  }

  /** Price up to which nothing is left to take; `null`: not known. */
  emptyTo(scope: string, side: BookSide): Ticks | null {
    return this.#known(scope, side).emptyTo;
  }

  /** Holds back what a walk from the best level on has taken. */
  take(scope: string, side: BookSide, fills: readonly Fill[]): void {
    const held = this.#scope(scope)[side];
    for (const { price, size } of fills) {
      this.#set(held, price, (held.sizes.get(price) ?? 0) + size);
    }
    const lastEmptied = fills.at(-2);
    if (lastEmptied !== undefined) held.emptyTo = lastEmptied.price;
  }

  /** Restores a stored level. */
  load({ scope, side, price, size }: HeldLevel): void {
    const held = this.#scope(scope)[side];
    held.set(price, size);
    held.changed.delete(price);
    held.emptyTo = null;
  }

  /** Applies H1 to one level after the market changed it to `live`. */
  clamp(side: BookSide, price: Ticks, live: Lots): void {
    for (const scope of this.#scopes.values()) {
      const held = scope[side];
      const size = held.sizes.get(price);
      if (size !== undefined && size > live) this.#set(held, price, live);
    }
  }

  /** Must be called when more may be left than was known: the displayed book or the rules changed. */
  onNewBook(): void {
    for (const scope of this.#scopes.values()) for (const side of SIDES) scope[side].emptyTo = null;
  }

  /**
   * Applies H1 to a whole new book. A price beyond the snapshot's worst level was not shown, which is not the same as
   * gone: what is held there stays, or it would be handed out again when the level comes into view.
   */
  clampToBook(book: Book): void {
    this.onNewBook();
    for (const scope of this.#scopes.values()) {
      for (const side of SIDES) {
        const worst = book.priceAt(side, book.levelCount(side) - 1);
        for (const [key, held] of [...scope[side].sizes]) {
          const price = key as Ticks;
          if (worst === undefined || (side === "bid" ? price < worst : price > worst)) continue;
          const live = book.sizeAt(side, price);
          if (held > live) this.#set(scope[side], price, live);
        }
      }
    }
  }

  /** Levels changed since the last call, with their present sizes. */
  takeChanges(): HeldLevel[] {
    const changes: HeldLevel[] = [];
    for (const { scope, side, sizes, changed } of this.#changed) {
      for (const price of changed) {
        const size = (sizes.get(price) ?? 0) as Lots;
        changes.push({ scope, side, price: price as Ticks, size });
      }
      changed.clear();
    }
    this.#changed.clear();
    return changes;
  }

  /** Everything held, sorted: for digests. */
  all(): HeldLevel[] {
    return [...this.#scopes.keys()]
      .sort()
      .flatMap((scope) => SIDES.flatMap((side) => this.levels(scope, side)));
  }

  /** Levels held in one scope, best first. */
  levels(scope: string, side: BookSide): HeldLevel[] {
    const direction = side === "bid" ? -1 : 1;
    return [...this.sizes(scope, side)]
      .sort(([left], [right]) => direction * (left - right))
      .map(([price, size]) => ({ scope, side, price: price as Ticks, size: size as Lots }));
  }

  #set(held: HeldSide, price: number, size: number): void {
    held.set(price, size);
    this.#changed.add(held);
  }

  #known(scope: string, side: BookSide): HeldSide {
    return this.#scopes.get(scope)?.[side] ?? NOTHING;
  }

  #scope(scope: string): HeldScope {
    let sides = this.#scopes.get(scope);
    if (sides === undefined) {
      sides = { bid: new HeldSide(scope, "bid"), ask: new HeldSide(scope, "ask") };
      this.#scopes.set(scope, sides);
    }
    return sides;
  }
}
