/** Small things remembered between visits. A browser that keeps nothing is no reason to fail. */
import { createStore, type Store } from "@mirrorbook/sdk";

const PREFIX = "mirrorbook:";

export function remember(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Private mode or no room: the choice lasts until the page closes.
  }
}

/** What was remembered, if `isValid` still takes it. */
export function recall<T>(name: string, isValid: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}

/** A store whose value outlives the page. */
export function keptStore<T>(
  name: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): Store<T> {
  const store = createStore(recall(name, isValid) ?? initial);
  store.subscribe(() => remember(name, store.getSnapshot()));
  return store;
}

export const isText = (value: unknown): value is string => typeof value === "string";

export const isNumberRecord = (value: unknown): value is Record<string, number> =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((item) => typeof item === "number");
