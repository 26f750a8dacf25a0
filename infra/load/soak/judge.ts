/** Judges a soak run from its samples. Pure. */
import type { Times } from "../listeners/histogram.ts";
import type { CrowdFigures } from "../listeners/listeners.ts";
import { type Drift, driftOf, medianOf, type Series } from "./drift.ts";
import type { StreamLength } from "./sample.ts";

export interface Sample {
  readonly atMs: number;
  readonly rssMb: Readonly<Record<string, number>>;
  readonly eventLoopP99Ms: readonly number[];
  readonly redisMb: number;
  readonly streams: readonly StreamLength[];
  /** Since the start. */
  readonly commands: { readonly acknowledged: number; readonly failed: number };
  /** Since the sample before. */
  readonly acknowledgedMs: Times;
  readonly listeners: CrowdFigures;
}

/** A heap breathes: by a share of itself, or by this much when it is small. */
const RSS_GROWTH_MAX = { least: 32, share: 0.2 };
/** Times are the machine's too; what a leak does to them goes on growing. */
const DELAY_MS_GROWTH_MAX = { least: 25, share: 0.5 };
/** Orders, trades, postings and events that one command leaves in Redis, while histories are below their bounds. */
const REDIS_BYTES_PER_COMMAND_MAX = 12_000;
const BYTES_PER_MB = 1024 * 1024;

export interface Verdict {
  readonly holds: boolean;
  readonly drifts: readonly Drift[];
  readonly redis: {
    readonly mb: number;
    readonly bytesPerCommand: number;
    readonly bound: number;
    readonly holds: boolean;
  };
  readonly streams: readonly (StreamLength & { readonly holds: boolean })[];
  readonly commands: Sample["commands"] & { readonly holds: boolean };
  readonly deliveriesPerSecond: number;
  readonly listenersLost: number;
}

/** @throws when there are too few samples to tell anything. */
export function judge(samples: readonly Sample[]): Verdict {
  const last = samples.at(-1);
  if (last === undefined) throw new Error("no samples were taken");
  const drifts = seriesOf(samples).map(driftOf);
  const redis = judgeRedis(samples);
  const streams = last.streams.map((stream) => ({
    ...stream,
    holds: stream.length <= stream.bound,
  }));
  const commands = { ...last.commands, holds: last.commands.failed === 0 };
  const listenersLost = last.listeners.lost;
  const all = [...drifts, redis, ...streams, commands];
  return {
    holds: all.every(({ holds }) => holds) && listenersLost === 0,
    drifts,
    redis,
    streams,
    commands,
    deliveriesPerSecond: medianOf(samples.map(({ listeners }) => listeners.deliveriesPerSecond)),
    listenersLost,
  };
}

function seriesOf(samples: readonly Sample[]): Series[] {
  const [first] = samples;
  const of = (
    name: string,
    unit: Series["unit"],
    growthMax: Series["growthMax"],
    value: (sample: Sample) => number,
  ): Series => ({
    name,
    unit,
    growthMax,
    points: samples.map((sample) => ({ atMs: sample.atMs, value: value(sample) })),
  });
  return [
    // Of Redis the memory in use is judged, by what was written.
    ...Object.keys(first!.rssMb)
      .filter((name) => !name.startsWith("redis"))
      .map((name) =>
        highestSoFar(of(`memory of ${name}`, "MB", RSS_GROWTH_MAX, ({ rssMb }) => rssMb[name]!)),
      ),
    ...first!.eventLoopP99Ms.map((_, index) =>
      of(
        `event loop of gateways ${index + 1}, p99`,
        "ms",
        DELAY_MS_GROWTH_MAX,
        (sample) => sample.eventLoopP99Ms[index]!,
      ),
    ),
    of("acknowledgement, p99", "ms", DELAY_MS_GROWTH_MAX, (s) => s.acknowledgedMs.p99 ?? 0),
    of("delivery, p99", "ms", DELAY_MS_GROWTH_MAX, (s) => s.listeners.delayMs.p99 ?? 0),
  ];
}

/**
 * The memory that a process has needed so far. V8 gives some back now and then and takes it again minutes later, which a
 * line through the values takes for growth; what leaks goes on to new heights.
 */
function highestSoFar(series: Series): Series {
  let highest = 0;
  const points = series.points.map(({ atMs, value }) => {
    highest = Math.max(highest, value);
    return { atMs, value: highest };
  });
  return { ...series, points };
}

function judgeRedis(samples: readonly Sample[]): Verdict["redis"] {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const commands = last.commands.acknowledged - first.commands.acknowledged;
  const bytes = (last.redisMb - first.redisMb) * BYTES_PER_MB;
  const bytesPerCommand = Math.round(bytes / Math.max(1, commands));
  const bound = REDIS_BYTES_PER_COMMAND_MAX;
  return { mb: last.redisMb, bytesPerCommand, bound, holds: bytesPerCommand <= bound };
}

export function soakText(verdict: Verdict): string {
  const { drifts, redis, streams, commands, deliveriesPerSecond, listenersLost } = verdict;
  const mark = (holds: boolean) => (holds ? "ok  " : "FAIL");
  const rounded = (value: number) => value.toFixed(1);
  return [
    `${commands.acknowledged} commands acknowledged; ${deliveriesPerSecond} deliveries/s`,
    ...drifts.map(
      ({ name, unit, median, growth, bound, holds }) =>
        `${mark(holds)} ${name}: median ${rounded(median)} ${unit}, grew by ${rounded(growth)} of ${rounded(bound)} ${unit}`,
    ),
    `${mark(redis.holds)} Redis: ${rounded(redis.mb)} MB at the end, ${redis.bytesPerCommand} of ${redis.bound} bytes for each command`,
    ...streams.map(
      ({ name, length, bound, holds }) => `${mark(holds)} longest ${name}: ${length} of ${bound}`,
    ),
    `${mark(commands.holds)} ${commands.failed} commands refused or not answered`,
    `${mark(listenersLost === 0)} ${listenersLost} listeners lost`,
  ].join("\n");
}
