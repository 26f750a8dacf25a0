import { systemClock } from "@mirrorbook/kernel";
import type { Time } from "./ports.ts";

export const systemTime: Time = {
  ...systemClock,
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
