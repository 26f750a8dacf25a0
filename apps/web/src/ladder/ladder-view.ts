/** The ladder's rows as plain elements, written to once per frame. A row is a place on the screen, not a price. */
import { fixed, sized } from "../lib/format.ts";
import { setClass, setText } from "../lib/frame.ts";
import type { LadderRow } from "./group-levels.ts";
import type { ShownImpact } from "./impacts.ts";

export interface SideView {
  readonly rows: readonly LadderRow[];
  /** Sizes by row. */
  readonly own: ReadonlyMap<number, number>;
  readonly held: ReadonlyMap<number, number>;
  readonly impacts: ReadonlyMap<number, ShownImpact>;
}

export interface Scale {
  readonly totalMax: number;
  readonly sizeMax: number;
  readonly groupDecimals: number;
  readonly sizeDecimals: number;
  readonly totalDecimals: number;
}

interface Rung {
  readonly element: HTMLElement;
  readonly total: HTMLElement;
  readonly size: HTMLElement;
  readonly held: HTMLElement;
  readonly taken: HTMLElement;
  readonly flash: HTMLElement;
  readonly priceText: HTMLElement;
  readonly sizeText: HTMLElement;
  readonly totalText: HTMLElement;
  price: string | null;
}

export class LadderSide {
  readonly #list: HTMLElement;
  readonly #idPrefix: string;
  readonly #rungs: Rung[] = [];
  /** Index from the best price outwards; -1 when the keyboard is elsewhere. */
  #active = -1;

  constructor(list: HTMLElement, idPrefix: string) {
    this.#list = list;
    this.#idPrefix = idPrefix;
    list.replaceChildren();
  }

  resize(count: number): void {
    while (this.#rungs.length < count) this.#rungs.push(this.#addRung());
    while (this.#rungs.length > count) this.#rungs.pop()!.element.remove();
  }

  draw(view: SideView, scale: Scale): void {
    for (const [index, rung] of this.#rungs.entries()) {
      const row = view.rows[index];
      if (row === undefined) clear(rung);
      else drawRung(rung, row, view, scale);
    }
  }

  /** Decimal text of the price shown by an element inside a row. */
  priceAt(target: EventTarget | null): string | null {
    const element = target instanceof Element ? target.closest(".rung") : null;
    return this.#rungs.find((rung) => rung.element === element)?.price ?? null;
  }

  get activePrice(): string | null {
    return this.#rungs[this.#active]?.price ?? null;
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
    element.id = `${this.#idPrefix}-${this.#rungs.length}`;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "false");
    const part = (name: string) => {
      const span = document.createElement("span");
      span.className = name;
      element.append(span);
      return span;
    };
    const rung: Rung = {
      element,
      total: part("bar bar-total"),
      size: part("bar bar-size"),
      held: part("bar bar-held"),
      flash: part("flash"),
      priceText: part("rung-price"),
      sizeText: part("rung-size"),
      taken: part("taken"),
      totalText: part("rung-total"),
      price: null,
    };
    this.#list.append(element);
    return rung;
  }
}

function drawRung(rung: Rung, row: LadderRow, view: SideView, scale: Scale): void {
  const held = Math.min(view.held.get(row.ticks) ?? 0, row.size);
  const impact = view.impacts.get(row.ticks);
  rung.price = row.price;
  setText(rung.priceText, fixed(row.price, scale.groupDecimals));
  setText(rung.sizeText, sized(row.size, scale.sizeDecimals));
  setText(rung.totalText, sized(row.cumulative, scale.totalDecimals));
  setText(rung.taken, impact === undefined ? "" : `−${sized(impact.size, scale.sizeDecimals)}`);
  setScale(rung.total, row.cumulative / scale.totalMax);
  setScale(rung.size, row.size / scale.sizeMax);
  setScale(rung.held, held / scale.sizeMax);
  setOpacity(rung.flash, impact?.strength ?? 0);
  setOpacity(rung.taken, impact?.strength ?? 0);
  const own = view.own.get(row.ticks);
  setClass(rung.element, "own", own !== undefined);
  setTitle(rung.element, titleOf(own, held, scale.sizeDecimals));
}

function titleOf(own: number | undefined, held: number, decimals: number): string {
  const parts = [];
  if (own !== undefined) parts.push(`Your orders: ${sized(own, decimals)}`);
  if (held > 0) parts.push(`Already taken by simulated fills: ${sized(held, decimals)}`);
  return parts.join(" · ");
}

function clear(rung: Rung): void {
  rung.price = null;
  for (const text of [rung.priceText, rung.sizeText, rung.totalText, rung.taken]) setText(text, "");
  for (const bar of [rung.total, rung.size, rung.held]) setScale(bar, 0);
  setOpacity(rung.flash, 0);
  setClass(rung.element, "own", false);
}

function setScale(element: HTMLElement, ratio: number): void {
  const transform = `scaleX(${Math.min(1, ratio || 0).toFixed(3)})`;
  if (element.style.transform !== transform) element.style.transform = transform;
}

function setOpacity(element: HTMLElement, opacity: number): void {
  const text = opacity.toFixed(2);
  if (element.style.opacity !== text) element.style.opacity = text;
}

function setTitle(element: HTMLElement, title: string): void {
  if (element.title !== title) element.title = title;
}
