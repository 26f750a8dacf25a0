/**
 * Everything that moves is drawn once per animation frame, however many messages arrived since the last one, and what a
 * slow machine cannot draw in one frame is spread over the next ones.
 */
import type { Readable } from "@mirrorbook/sdk";
import { useEffect, useRef } from "react";

/**
 * No drawing is begun in a frame after this long; it is of the next one. On a fast machine all that moves fits in; on a slow
 * one a single large drawing, with the layout and paint that follow it, is as much as a frame has time for.
 */
const DRAW_BUDGET_MS = 1;

/** First come, first drawn; asked for again, a drawing keeps its place. */
const waiting = new Set<() => void>();
let requested = false;
let leaving = false;

/** Calls `draw` in the next frame, once, even if asked for many times until then. */
export function requestDraw(draw: () => void): void {
  waiting.add(draw);
  requestFrame();
}

export function cancelDraw(draw: () => void): void {
  waiting.delete(draw);
}

function requestFrame(): void {
  if (requested) return;
  requested = true;
  requestAnimationFrame(runFrame);
}

/** Leaves the next frame to a library that will draw in it by itself. */
export function leaveNextFrame(): void {
  leaving = true;
}

/** Draws what was waiting when the frame began; a drawing that asks for itself again is of the next frame. */
function runFrame(): void {
  requested = false;
  if (leaving) {
    leaving = false;
    requestFrame();
    return;
  }
  const endsAtMs = performance.now() + DRAW_BUDGET_MS;
  for (const draw of [...waiting]) {
    if (!waiting.delete(draw)) continue; // Cancelled by one before it.
    draw();
    if (performance.now() >= endsAtMs) break;
  }
  if (waiting.size > 0) requestFrame();
}

/**
 * Draws by hand, outside React's rendering: in the frame after any of `sources` changed, and once on mounting.
 * `draw` writes to elements it holds by ref. Returns the drawing for `requestDraw`, to go on with an animation.
 */
export function useFrameDraw(draw: () => void, sources: readonly Readable<unknown>[]): () => void {
  const latest = useRef(draw);
  latest.current = draw;
  const stable = useRef(() => latest.current()).current;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the sources are the dependencies; their number is fixed.
  useEffect(() => {
    const stops = sources.map((source) => source.subscribe(() => requestDraw(stable)));
    requestDraw(stable);
    return () => {
      for (const stop of stops) stop();
      cancelDraw(stable);
    };
  }, [stable, ...sources]);
  useEffect(() => requestDraw(stable)); // A render may have changed what the drawing shows.
  return stable;
}

/** As `useFrameDraw`, for what is costly to draw or need not be fresher: at most once in `everyMs`. */
export function usePacedDraw(
  draw: () => void,
  sources: readonly Readable<unknown>[],
  everyMs: number,
): void {
  const latest = useRef(draw);
  latest.current = draw;
  const paced = useRef<() => void>(null);
  paced.current ??= pacedDraw(() => latest.current(), everyMs);
  useFrameDraw(paced.current, sources);
}

/** Draws at most once in `everyMs`; the last state is never left out. */
function pacedDraw(draw: () => void, everyMs: number): () => void {
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let isWaiting = false;
  function drawNow(): void {
    isWaiting = false;
    drawnAtMs = performance.now();
    draw();
  }
  return () => {
    if (isWaiting) return;
    const waitMs = drawnAtMs + everyMs - performance.now();
    if (waitMs <= 0) {
      drawNow();
      return;
    }
    isWaiting = true;
    setTimeout(() => requestDraw(drawNow), waitMs);
  };
}

/** Writes only what differs, into the text that is there: an unchanged text costs nothing, a new one no new nodes. */
export function setText(element: Element | null | undefined, text: string): void {
  const node = element?.firstChild;
  if (node instanceof Text) {
    if (node.data !== text) node.data = text;
  } else if (element && text !== "") element.textContent = text;
}

/** Colours a gain or loss; its sign or arrow is in the text. */
export function setDirection(element: HTMLElement | null | undefined, direction: number): void {
  setData(element, "direction", String(direction));
}

/** Sets a data attribute, if it has another value. */
export function setData(
  element: HTMLElement | null | undefined,
  name: string,
  value: string,
): void {
  if (element && element.dataset[name] !== value) element.dataset[name] = value;
}

export function setClass(element: Element | null | undefined, name: string, on: boolean): void {
  element?.classList.toggle(name, on);
}
