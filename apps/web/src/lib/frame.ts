/** Everything that moves is drawn once per animation frame, however many messages arrived since the last one. */
import type { Readable } from "@mirrorbook/sdk";
import { useEffect, useRef } from "react";

const waiting = new Set<() => void>();
let requested = false;

/** Calls `draw` in the next frame, once, even if asked for many times until then. */
export function requestDraw(draw: () => void): void {
  waiting.add(draw);
  if (requested) return;
  requested = true;
  requestAnimationFrame(runFrame);
}

/** As `requestDraw`, for what is costly to draw: at most once in `everyMs`, the last state never left out. */
export function pacedDraw(draw: () => void, everyMs: number): () => void {
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

export function cancelDraw(draw: () => void): void {
  waiting.delete(draw);
}

function runFrame(): void {
  requested = false;
  const draws = [...waiting];
  waiting.clear();
  for (const draw of draws) draw();
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

/** Writes only what differs: an unchanged text costs no layout. */
export function setText(element: Element | null | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

export function setClass(element: Element | null | undefined, name: string, on: boolean): void {
  element?.classList.toggle(name, on);
}
