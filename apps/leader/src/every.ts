import type { Time } from "./ports.ts";

/** Runs `task` every `ms` milliseconds until the function it returns is called. The task handles its own failures. */
export function every(time: Time, ms: number, task: () => void | Promise<void>): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = time.after(ms, () => {
      next();
      void task();
    });
  };
  next();
  return () => cancel();
}
