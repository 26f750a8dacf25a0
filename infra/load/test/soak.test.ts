import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { driftOf, type Point, type Series, slopeOf } from "../soak/drift.ts";
import { judge, type Sample, soakText } from "../soak/judge.ts";

const SAMPLES = 40;
const EVERY_MS = 10_000;

const points = (valueAt: (index: number) => number): Point[] =>
  Array.from({ length: SAMPLES }, (_, index) => ({
    atMs: index * EVERY_MS,
    value: valueAt(index),
  }));
const series = (valueAt: (index: number) => number): Series => ({
  name: "memory",
  unit: "MB",
  points: points(valueAt),
  growthMax: { least: 32, share: 0.2 },
});

test("property: the slope of a line is found among a quarter of points that are anything", () => {
  const wild = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: -100, max: 100 }),
      fc.array(wild, { minLength: SAMPLES / 4, maxLength: SAMPLES / 4 }),
      (perSample, outliers) => {
        const line = points((index) =>
          index % 4 === 1 ? outliers[(index - 1) / 4]! : 500 + perSample * index,
        );
        expect(slopeOf(line) * EVERY_MS).toBeCloseTo(perSample, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test.each<[string, (index: number) => number, boolean]>([
  ["level", () => 150, true],
  ["a heap that breathes", (index) => 150 + 40 * (index % 2), true],
  ["growth while it warms up", (index) => 50 + 10 * Math.min(index, SAMPLES / 4), true],
  ["a leak", (index) => 150 + 2 * index, false],
  ["a leak below a share of much", (index) => 1_000 + 2 * index, true],
  ["what shrinks", (index) => 400 - 5 * index, true],
])("%s is told from growth", (_, valueAt, holds) => {
  expect(driftOf(series(valueAt)).holds).toBe(holds);
});

test("too few points are an error, not a good run", () => {
  expect(() => driftOf({ ...series(() => 1), points: points(() => 1).slice(0, 5) })).toThrow(
    "say nothing",
  );
  expect(() => judge([])).toThrow("no samples");
});

const sampleAt = (index: number): Sample => ({
  atMs: index * EVERY_MS,
  rssMb: { "redis 1": 50 + 10 * index, "gateways 1": 150, "leaders 1": 160 },
  eventLoopP99Ms: [12, 13],
  redisMb: 20 + index,
  streams: [{ name: "commands", length: 10, bound: 5_200 }],
  commands: { acknowledged: 400 * index, failed: 0 },
  acknowledgedMs: { count: 400, p50: 3, p99: 18, max: 40 },
  listeners: {
    held: 200,
    lost: 0,
    deliveriesPerSecond: 3_750,
    delayMs: { count: 400, p50: 5, p99: 11, max: 20 },
  },
});
const run = (change: (index: number, sample: Sample) => Partial<Sample> = () => ({})): Sample[] =>
  Array.from({ length: SAMPLES }, (_, index) => {
    const sample = sampleAt(index);
    return { ...sample, ...change(index, sample) };
  });

test("a level run is good, though Redis keeps what was ordered", () => {
  const verdict = judge(run());
  expect(verdict.holds).toBe(true);
  expect(verdict.redis.bytesPerCommand).toBeGreaterThan(2_000);
  expect(soakText(verdict)).not.toContain("FAIL");
});

test("memory that is given back, and taken again ten minutes later, is no growth", () => {
  const heap = (index: number) => (index < 8 ? 150 + 12 * index : 150 + 3 * (index - 8));
  const verdict = judge(
    run((index, { rssMb }) => ({ rssMb: { ...rssMb, "gateways 1": heap(index) } })),
  );
  expect(soakText(verdict)).not.toContain("FAIL");
});

test.each<[string, (index: number, sample: Sample) => Partial<Sample>, string]>([
  [
    "a process leaks",
    (index, { rssMb }) => ({ rssMb: { ...rssMb, "gateways 1": 150 + 3 * index } }),
    "memory of gateways 1",
  ],
  ["an event loop slows down", (index) => ({ eventLoopP99Ms: [12, 13 + index] }), "gateways 2"],
  [
    "answers slow down",
    (index, { acknowledgedMs }) => ({ acknowledgedMs: { ...acknowledgedMs, p99: 18 + index } }),
    "acknowledgement",
  ],
  ["Redis keeps more than it should", (index) => ({ redisMb: 20 + 8 * index }), "Redis"],
  [
    "a stream outgrows its bound",
    () => ({ streams: [{ name: "commands", length: 5_201, bound: 5_200 }] }),
    "longest commands",
  ],
  [
    "a command failed",
    (_, { commands }) => ({ commands: { ...commands, failed: 1 } }),
    "1 commands refused",
  ],
  [
    "a listener was lost",
    (_, { listeners }) => ({ listeners: { ...listeners, lost: 1 } }),
    "1 listeners lost",
  ],
])("a run is bad when %s, and says so", (_, change, named) => {
  const verdict = judge(run(change));
  expect(verdict.holds).toBe(false);
  const failed = soakText(verdict)
    .split("\n")
    .filter((line) => line.startsWith("FAIL"));
  expect(failed).toEqual([expect.stringContaining(named)]);
});
