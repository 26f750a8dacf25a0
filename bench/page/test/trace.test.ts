import { expect, test } from "@jest/globals";
import { frameWork, percentile, type TraceEvent } from "../trace.ts";

const MAIN = { pid: 1, tid: 1 };
const named = (pid: number): TraceEvent => ({
  ...{ name: "thread_name", ph: "M", pid, tid: pid, ts: 0 },
  args: { name: "CrRendererMain" },
});
/** Times in ms; on the clock each takes twice its processor time. */
const span = (name: string, atMs: number, ms: number): TraceEvent => {
  return { name, ph: "X", ...MAIN, ts: atMs * 1000, dur: ms * 2000, tdur: ms * 1000 };
};
const frame = (atMs: number): TraceEvent[] => [
  span("RunTask", atMs, 4),
  span("FireAnimationFrame", atMs + 1, 2),
  span("Layout", atMs + 2, 1),
  span("Commit", atMs + 6, 1),
];

test("a frame's work is its task of rendering and what runs until the next one", () => {
  const events = [named(1), named(2), ...frame(100), span("RunTask", 110, 1.5), ...frame(116)];
  const work = frameWork([...events, { ...span("RunTask", 101, 9), pid: 2, tid: 2 }]);
  expect(work).toMatchObject({ frames: 1, seconds: 0.016, busyMs: [5.5], clockMs: [11] });
  expect(work.taskMs).toEqual([4, 1.5]);
});

test("time counts as what was going on innermost", () => {
  const { msPerSecond } = frameWork([named(1), ...frame(0), ...frame(1_000)]);
  expect(msPerSecond).toMatchObject({ script: 1, layout: 1, paint: 1, other: 1 });
});

test("a trace without two frames says so", () => {
  expect(() => frameWork([named(1), ...frame(0)])).toThrow("two frames");
});

test("percentiles are values that were there", () => {
  expect([0, 0.5, 1].map((share) => percentile([3, 1, 2], share))).toEqual([1, 2, 3]);
});
