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

export const GLOBAL_SCOPE = "global";

/** Held lots by price of one side, in one scope. */
export type HeldSide = Map<number, number>;

interface HeldScope {
  readonly bid: HeldSide;
  readonly ask: HeldSide;
}

export interface HeldLevel {
  readonly scope: string;
  readonly side: BookSide;
  readonly price: Ticks;
  readonly size: Lots;
}

const NOTHING: HeldSide = new Map();

export class HeldLiquidity {
  readonly #scopes = new Map<string, HeldScope>();
  /** Levels changed since the last `takeChanges`, in order of first change. */
  readonly #changed = new Map<string, Omit<HeldLevel, "size">>();

  side(scope: string, side: BookSide): ReadonlyMap<number, number> {
    return this.#scopes.get(scope)?.[side] ?? NOTHING;
  }

  sizeAt(scope: string, side: BookSide, price: Ticks): Lots {
    return (this.side(scope, side).get(price) ?? 0) as Lots;
  }

  /** Holds `size` more back at `price`. */
  take(scope: string, side: BookSide, price: Ticks, size: Lots): void {
    this.#set(scope, side, price, this.sizeAt(scope, side, price) + size);
  }

  /** Restores a stored level. */
  load(level: HeldLevel): void {
    const held = this.#scope(level.scope)[level.side];
    if (level.size === 0) held.delete(level.price);
    else held.set(level.price, level.size);
  }

  /** Applies H1 to one level after the market changed it to `live`. */
  clamp(side: BookSide, price: Ticks, live: Lots): void {
    for (const [scope, sides] of this.#scopes) {
      const held = sides[side].get(price);
      if (held !== undefined && held > live) this.#set(scope, side, price, live);
    }
  }

  /**
   * Applies H1 to a whole new book. A price beyond the snapshot's worst level was not shown, which is not the same as
   * gone: what is held there stays, or it would be handed out again when the level comes into view.
   */
  clampToBook(book: Book): void {
    for (const [scope, sides] of this.#scopes) {
      for (const side of ["bid", "ask"] as const) {
        const worst = book.priceAt(side, book.levelCount(side) - 1);
        for (const [key, held] of [...sides[side]]) {
          const price = key as Ticks;
          if (worst === undefined || (side === "bid" ? price < worst : price > worst)) continue;
          const live = book.sizeAt(side, price);
          if (held > live) this.#set(scope, side, price, live);
        }
      }
    }
  }

  takeChanges(): HeldLevel[] {
    if (this.#changed.size === 0) return [];
    const changes = [...this.#changed.values()].map((level) => ({
      ...level,
      size: this.sizeAt(level.scope, level.side, level.price),
    }));
    this.#changed.clear();
    return changes;
  }

  /** Everything held, sorted: for digests. */
  all(): HeldLevel[] {
    const levels: HeldLevel[] = [];
    for (const scope of [...this.#scopes.keys()].sort()) {
      for (const side of ["bid", "ask"] as const) levels.push(...this.levels(scope, side));
    }
    return levels;
  }

  /** Levels held in one scope, best first. */
  levels(scope: string, side: BookSide): HeldLevel[] {
    const direction = side === "bid" ? -1 : 1;
    return [...this.side(scope, side)]
      .sort(([left], [right]) => direction * (left - right))
      .map(([price, size]) => ({ scope, side, price: price as Ticks, size: size as Lots }));
  }

  #set(scope: string, side: BookSide, price: Ticks, size: number): void {
    const held = this.#scope(scope)[side];
    if (size === 0) held.delete(price);
    else held.set(price, size);
    this.#changed.set(`${scope} ${side} ${price}`, { scope, side, price });
  }

  #scope(scope: string): HeldScope {
    let sides = this.#scopes.get(scope);
    if (sides === undefined) {
      sides = { bid: new Map(), ask: new Map() };
      this.#scopes.set(scope, sides);
    }
    return sides;
  }
}
