import { systemClock } from "@mirrorbook/kernel";
import type { Time } from "./ports.ts";

export const systemTime: Time = {
  ...systemClock,
  after(ms, task) {
    if (ms === 0) {
      const turn = setImmediate(task);
      return () => clearImmediate(turn);
    }
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
