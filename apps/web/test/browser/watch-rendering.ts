/** Counts, inside a page, what rendering does to it. Facts of structure: the same on a fast machine and a slow one. */
import type { Page } from "playwright-core";

export interface Rendering {
  /** Updates of the book in view. */
  readonly updates: number;
  /** Times that React wrote to the document. */
  readonly renders: number;
  /** Elements that came or went. */
  readonly elements: number;
  /** Texts and attributes of the order book that were written. */
  readonly bookWrites: number;
  readonly bookRows: number;
  /** How much of the page moved by itself, as Chromium scores it; what is said in a notice moves nothing. */
  readonly shift: number;
}

interface Counted {
  renders: number;
}

declare global {
  var counted: Counted;
}

/** Loads the page again, counting: React tells whoever left this hook before it came of every write to the document. */
export async function countRenders(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.counted = { renders: 0 };
    Object.assign(globalThis, {
      __REACT_DEVTOOLS_GLOBAL_HOOK__: {
        supportsFiber: true,
        inject: () => 1,
        onScheduleFiberRoot() {},
        onCommitFiberRoot() {
          globalThis.counted.renders++;
        },
        onCommitFiberUnmount() {},
      },
    });
  });
  await page.reload();
}

/** Watches until the book in view has moved on by so many updates. */
export function watchRendering(page: Page, updates: number): Promise<Rendering> {
  return page.evaluate(watchInPage, updates);
}

function watchInPage(updatesWanted: number): Promise<Rendering> {
  const ladder = document.querySelector('[aria-label="Order book"]')!;
  const number = document.querySelector(".book-number")!;
  const seq = () => Number(/\d+/.exec(number.textContent ?? "")?.[0]);
  const counts = { elements: 0, bookWrites: 0, shift: 0 };
  const isElement = (node: Node) => node instanceof Element;
  const changes = new MutationObserver((records) => {
    for (const { type, target, addedNodes, removedNodes } of records) {
      if (type === "childList") {
        counts.elements += [...addedNodes, ...removedNodes].filter(isElement).length;
      } else if (ladder.contains(target)) counts.bookWrites++;
    }
  });
  const everything = { childList: true, characterData: true, attributes: true, subtree: true };
  changes.observe(document.body, everything);
  const shifts = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      counts.shift += (entry as PerformanceEntry & { readonly value: number }).value;
    }
  });
  shifts.observe({ type: "layout-shift" });
  const [before, rendersBefore] = [seq(), globalThis.counted.renders];
  return new Promise((resolve) => {
    function look(): void {
      const updates = seq() - before;
      if (updates < updatesWanted) {
        requestAnimationFrame(look);
        return;
      }
      changes.disconnect();
      shifts.disconnect();
      const renders = globalThis.counted.renders - rendersBefore;
      const bookRows = ladder.querySelectorAll('[role="option"]').length;
      resolve({ updates, renders, bookRows, ...counts });
    }
    requestAnimationFrame(look);
  });
}
