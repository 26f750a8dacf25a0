import { type RefObject, useLayoutEffect, useRef } from "react";
import { prefersReducedMotion } from "../lib/use-media.ts";

const SLIDE_MS = 350;

/**
 * Rows that change places slide there instead of jumping. Children are told apart by `data-key`. Slides add up, so a row
 * that is overtaken in the middle of one goes on smoothly. Whoever prefers less motion sees the rows in place at once.
 */
export function useFlip(list: RefObject<HTMLElement | null>, rows: unknown): void {
  const tops = useRef<ReadonlyMap<string, number>>(new Map());
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows are what moves children.
  useLayoutEffect(() => {
    const now = new Map<string, number>();
    const isStill = prefersReducedMotion();
    for (const child of list.current?.children ?? []) {
      const { offsetTop, dataset } = child as HTMLElement;
      const key = dataset.key;
      if (key === undefined) continue;
      now.set(key, offsetTop);
      const by = (tops.current.get(key) ?? offsetTop) - offsetTop;
      if (by === 0 || isStill) continue;
      child.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
        duration: SLIDE_MS,
        easing: "ease-out",
        composite: "add",
      });
    }
    tops.current = now;
  }, [list, rows]);
}
