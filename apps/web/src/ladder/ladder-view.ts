/** Rows of one side of the ladder as elements, reused from frame to frame. A row is a place on the screen, not a price. */
import { fixed, sized } from "../lib/format.ts";
import { setClass, setText } from "../lib/frame.ts";
import type { BookSide, LadderRow } from "./group-levels.ts";
import { IMPACT_SHOWN_MS, type ShownImpact } from "./impacts.ts";
import { type BarScale, LadderBars } from "./ladder-bars.ts";

export interface SideView {
  readonly rows: readonly LadderRow[];
  /** Sizes by row. */
  readonly own: ReadonlyMap<number, number>;
  readonly held: ReadonlyMap<number, number>;
  readonly impacts: ReadonlyMap<number, ShownImpact>;
}

export interface Scale extends BarScale {
  readonly groupDecimals: number;
  readonly sizeDecimals: number;
  readonly totalDecimals: number;
}

interface Rung {
  readonly element: HTMLElement;
  readonly price: HTMLElement;
  readonly size: HTMLElement;
  readonly total: HTMLElement;
  /** What the texts were made of: most rows of most updates say what they said. */
  row: LadderRow | null;
  scale: Scale | null;
  impact: { readonly element: HTMLElement; readonly shown: ShownImpact } | null;
}

export class LadderSide {
  readonly #list: HTMLElement;
  readonly #side: BookSide;
  readonly #bars: LadderBars;
  readonly #rungs: Rung[] = [];
  /** Index from the best price outwards; -1 when the keyboard is elsewhere. */
  #active = -1;

  constructor(list: HTMLElement, side: BookSide) {
    this.#list = list;
    this.#side = side;
    this.#bars = new LadderBars(side);
    list.replaceChildren(this.#bars.element);
  }

  resize(count: number): void {
    if (this.#rungs.length === count) return;
    this.#bars.resize(count);
    while (this.#rungs.length < count) this.#rungs.push(this.#addRung());
    while (this.#rungs.length > count) this.#rungs.pop()!.element.remove();
  }

  /** @param width of the side in pixels */
  draw(view: SideView, scale: Scale, width: number, nowMs: number): void {
    for (const [index, rung] of this.#rungs.entries()) {
      const row = view.rows[index] ?? null;
      drawTexts(rung, row, scale);
      drawMarks(rung, row, view, scale);
      drawImpact(rung, row === null ? undefined : view.impacts.get(row.ticks), scale, nowMs);
    }
    this.#bars.draw(view.rows, view.held, scale, width);
  }

  /** Decimal text of the price shown by an element inside a row. */
  priceAt(target: EventTarget | null): string | null {
    const element = target instanceof Element ? target.closest(".rung") : null;
    return this.#rungs.find((rung) => rung.element === element)?.row?.price ?? null;
  }

  get activePrice(): string | null {
    return this.#rungs[this.#active]?.row?.price ?? null;
  }

  /** Moves the keyboard's row outwards (+1) or towards the best price (-1). */
  move(by: number): void {
    this.setActive(Math.min(this.#rungs.length - 1, Math.max(0, this.#active + by)));
  }

  setActive(index: number): void {
    this.#rungs[this.#active]?.element.setAttribute("aria-selected", "false");
    this.#active = index;
    const rung = this.#rungs[index];
    rung?.element.setAttribute("aria-selected", "true");
    if (rung === undefined) this.#list.removeAttribute("aria-activedescendant");
    else this.#list.setAttribute("aria-activedescendant", rung.element.id);
  }

  #addRung(): Rung {
    const element = document.createElement("div");
    element.className = "rung";
    element.id = `${this.#side}-${this.#rungs.length}`;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "false");
    const [price, size, total] = ["rung-price", "rung-size", "rung-total"].map((name) => {
      const span = document.createElement("span");
      span.className = `column ${name}`;
      element.append(span);
      return span;
    }) as [HTMLElement, HTMLElement, HTMLElement];
    this.#list.append(element);
    return { element, price, size, total, row: null, scale: null, impact: null };
  }
}

function drawTexts(rung: Rung, row: LadderRow | null, scale: Scale): void {
  const before = sameDecimals(rung.scale, scale) ? rung.row : null;
  rung.row = row;
  rung.scale = scale;
  if (row === null) {
    for (const text of [rung.price, rung.size, rung.total]) setText(text, "");
    return;
  }
  if (row.price !== before?.price) setText(rung.price, fixed(row.price, scale.groupDecimals));
  if (row.size !== before?.size) setText(rung.size, sized(row.size, scale.sizeDecimals));
  if (row.cumulative !== before?.cumulative) {
    setText(rung.total, sized(row.cumulative, scale.totalDecimals));
  }
}

function sameDecimals(a: Scale | null, b: Scale): boolean {
  return (
    a?.groupDecimals === b.groupDecimals &&
    a.sizeDecimals === b.sizeDecimals &&
    a.totalDecimals === b.totalDecimals
  );
}

/** Own orders and what is held, in words for the pointer. */
function drawMarks(rung: Rung, row: LadderRow | null, view: SideView, scale: Scale): void {
  const own = row === null ? undefined : view.own.get(row.ticks);
  const held = row === null ? 0 : Math.min(view.held.get(row.ticks) ?? 0, row.size);
  setClass(rung.element, "own", own !== undefined);
  const parts = [];
  if (own !== undefined) parts.push(`Your orders: ${sized(own, scale.sizeDecimals)}`);
  if (held > 0) parts.push(`Already taken by simulated fills: ${sized(held, scale.sizeDecimals)}`);
  const title = parts.join(" · ");
  if (rung.element.title !== title) rung.element.title = title;
}

/** The fade is an animation of the style sheet: it needs no drawing, only to begin where it has got to. */
function drawImpact(
  rung: Rung,
  shown: ShownImpact | undefined,
  { sizeDecimals }: Scale,
  nowMs: number,
): void {
  const before = rung.impact;
  if (before?.shown.atMs === shown?.atMs && before?.shown.size === shown?.size) return;
  before?.element.remove();
  rung.impact = null;
  setClass(rung.element, "hit", shown !== undefined);
  if (shown === undefined) return;
  const element = document.createElement("span");
  element.className = "impact";
  element.style.setProperty("--shown-for", `${IMPACT_SHOWN_MS}ms`);
  element.style.setProperty("--since", `${Math.round(shown.atMs - nowMs)}ms`);
  const taken = document.createElement("span");
  taken.className = "taken";
  taken.textContent = `−${sized(shown.size, sizeDecimals)}`;
  element.append(taken);
  rung.element.append(element);
  rung.impact = { element, shown };
}
