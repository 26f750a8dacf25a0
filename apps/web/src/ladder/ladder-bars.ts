/**
 * The bars behind one side of the ladder, as one path for each kind: three attributes to write for an update, and three
 * shapes to paint, however many rows there are.
 */
import type { BookSide, LadderRow } from "./group-levels.ts";

const SVG = "http://www.w3.org/2000/svg";
const HATCH_PX = 4;

export const ROW_PX = 20;
const BAR_PX = ROW_PX - 1;
const HELD_PX = 6;

export interface BarScale {
  readonly totalMax: number;
  readonly sizeMax: number;
}

export class LadderBars {
  readonly element: SVGSVGElement;
  readonly #total: SVGPathElement;
  readonly #size: SVGPathElement;
  readonly #held: SVGPathElement;
  readonly #side: BookSide;
  #rowCount = 0;

  constructor(side: BookSide) {
    this.#side = side;
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("class", "bars");
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(hatch(`${side}-hatch`));
    const path = (name: string) => {
      const made = document.createElementNS(SVG, "path");
      made.setAttribute("class", name);
      this.element.append(made);
      return made;
    };
    this.#total = path("bar-total");
    this.#size = path("bar-size");
    this.#held = path("bar-held");
    this.#held.setAttribute("fill", `url(#${side}-hatch)`);
  }

  resize(rowCount: number): void {
    this.#rowCount = rowCount;
    this.element.style.height = `${rowCount * ROW_PX}px`;
  }

  /**
   * @param held size in each row that simulated fills have taken, by the row's ticks
   * @param width of the side in pixels
   */
  draw(
    rows: readonly LadderRow[],
    held: ReadonlyMap<number, number>,
    scale: BarScale,
    width: number,
  ): void {
    const shapes = { total: this.#extent(width), size: this.#extent(width), held: "" };
    for (const [index, row] of rows.entries()) {
      const bar = (ratio: number, barPx: number) => {
        const length = Math.round(Math.min(1, ratio) * width);
        const y = this.#topOf(index) + BAR_PX - barPx;
        return length === 0 ? "" : `M${width - length} ${y}h${length}v${barPx}h${-length}z`;
      };
      shapes.total += bar(row.cumulative / scale.totalMax, BAR_PX);
      shapes.size += bar(row.size / scale.sizeMax, BAR_PX);
      shapes.held += bar(Math.min(held.get(row.ticks) ?? 0, row.size) / scale.sizeMax, HELD_PX);
    }
    setPath(this.#total, shapes.total);
    setPath(this.#size, shapes.size);
    setPath(this.#held, shapes.held);
  }

  /**
   * Two lines of no height at both ends, which paint nothing: a shape that keeps its extent is painted over, one that
   * changes it makes the browser work out anew which layers lie over which.
   */
  #extent(width: number): string {
    return `M0 0h${width}zM0 ${this.#rowCount * ROW_PX}h${width}z`;
  }

  /** Asks grow upwards from the middle. */
  #topOf(index: number): number {
    return (this.#side === "ask" ? this.#rowCount - 1 - index : index) * ROW_PX;
  }
}

function setPath(path: SVGPathElement, shape: string): void {
  if (path.getAttribute("d") !== shape) path.setAttribute("d", shape);
}

/** What simulated fills have taken already is hatched, so that it reads without colour. */
function hatch(id: string): SVGElement {
  const pattern = document.createElementNS(SVG, "pattern");
  const size = String(HATCH_PX);
  const settings = { id, width: size, height: size, patternUnits: "userSpaceOnUse" };
  for (const [name, value] of Object.entries(settings)) pattern.setAttribute(name, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", `M0 ${HATCH_PX}L${HATCH_PX} 0M-1 1L1 -1M3 5L5 3`);
  line.setAttribute("class", "hatch-line");
  pattern.append(line);
  return pattern;
}
