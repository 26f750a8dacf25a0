/** What a view needs of a piece of state: the shape of React's `useSyncExternalStore`, without React. */
export interface Readable<T> {
  /** Calls `listener` after every change until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** The current value; the same reference until it changes. */
  getSnapshot(): T;
}

export interface Store<T> extends Readable<T> {
  /** Replaces the value; listeners are told only when the reference differs. */
  set(next: T): void;
  readonly listenerCount: number;
}

export interface StoreHooks {
  /** The first listener arrived. */
  onWanted?(): void;
  /** The last listener left. */
  onUnwanted?(): void;
}

export function createStore<T>(initial: T, hooks: StoreHooks = {}): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => value,
    get listenerCount() {
      return listeners.size;
    },
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) callSafely(listener);
    },
    subscribe(listener) {
      // A function of its own per call, so that subscribing the same listener twice counts twice.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1) hooks.onWanted?.();
      return () => {
        if (listeners.delete(own) && listeners.size === 0) hooks.onUnwanted?.();
      };
    },
  };
}

/** One faulty listener must not keep the others, or the next event, from being delivered; its error surfaces later. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
