/** Reads a Chromium trace: what the main thread of a page did in each frame. Pure. */

/** As Chromium writes them: times and durations in µs; `tdur` is processor time of the thread. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const KINDS = ["script", "style", "layout", "paint", "collection", "other"] as const;
export type Kind = (typeof KINDS)[number];

/** What an event's own time is counted as; what is not named here counts as what it stands in. */
const KIND_OF: Readonly<Record<string, Kind>> = {
  RunTask: "other",
  FunctionCall: "script",
  EvaluateScript: "script",
  FireAnimationFrame: "script",
  TimerFire: "script",
  RunMicrotasks: "script",
  EventDispatch: "script",
  UpdateLayoutTree: "style",
  Layout: "layout",
  PrePaint: "paint",
  Paint: "paint",
  Layerize: "paint",
  Commit: "paint",
  UpdateLayer: "paint",
  MinorGC: "collection",
  MajorGC: "collection",
};

export interface FrameWork {
  readonly frames: number;
  readonly seconds: number;
  /** Processor time of the main thread from the beginning of one frame to that of the next, in ms, in order. */
  readonly busyMs: readonly number[];
  /** The same as time on the clock: also holds what other processes took from the thread. */
  readonly clockMs: readonly number[];
  /** Processor time of each task, in ms. */
  readonly taskMs: readonly number[];
  /** Processor time by kind of work, in ms for each second. */
  readonly msPerSecond: Readonly<Record<Kind, number>>;
  /** Frames of the WebSocket that came in. */
  readonly messages: number;
}

/** The work of the busiest renderer between its first and its last frame. */
export function frameWork(events: readonly TraceEvent[]): FrameWork {
  const main = mainThreadEvents(events);
  const begins = frameBegins(main);
  const [first, last] = [begins[0], begins.at(-1)];
  if (first === undefined || last === undefined || begins.length < 2) {
    throw new Error("the trace has no two frames");
  }
  const inside = main.filter(({ ts }) => ts >= first && ts < last);
  const tasks = inside.filter(isTask);
  const seconds = (last - first) / 1e6;
  return {
    frames: begins.length - 1,
    seconds,
    busyMs: sumsByFrame(begins, tasks, cpuMs),
    clockMs: sumsByFrame(begins, tasks, ({ dur = 0 }) => dur / 1000),
    taskMs: tasks.map(cpuMs),
    msPerSecond: byKind(inside, seconds),
    messages: inside.filter(({ name }) => name === "WebSocketReceive").length,
  };
}

/** Value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
}

/** When each task began that rendered: handed layers over to the compositor. Events are in order of time. */
function frameBegins(events: readonly TraceEvent[]): number[] {
  const begins: number[] = [];
  let task: TraceEvent | undefined;
  for (const event of events) {
    if (isTask(event)) task = event;
    else if (event.name === "Commit" && task !== undefined && begins.at(-1) !== task.ts) {
      begins.push(task.ts);
    }
  }
  return begins;
}

const isTask = ({ name, ph }: TraceEvent) => name === "RunTask" && ph === "X";

const cpuMs = ({ tdur = 0 }: TraceEvent) => tdur / 1000;

/** Of the renderer that did most: a browser keeps spare ones. By time. */
function mainThreadEvents(events: readonly TraceEvent[]): TraceEvent[] {
  const isMain = ({ name, args }: TraceEvent) =>
    name === "thread_name" && args?.name === "CrRendererMain";
  const own = events
    .filter(isMain)
    .map(({ pid, tid }) => events.filter((event) => event.pid === pid && event.tid === tid));
  const [busiest = []] = own.sort((a, b) => b.length - a.length);
  return busiest.toSorted((a, b) => a.ts - b.ts);
}

/** Sums over the tasks that began in each frame. Tasks are in order of time. */
function sumsByFrame(
  begins: readonly number[],
  tasks: readonly TraceEvent[],
  msOf: (task: TraceEvent) => number,
): number[] {
  const sums = new Array<number>(begins.length - 1).fill(0);
  let frame = 0;
  for (const task of tasks) {
    while (task.ts >= begins[frame + 1]!) frame++;
    sums[frame]! += msOf(task);
  }
  return sums;
}

interface OpenEvent {
  readonly endsAt: number;
  readonly kind: Kind;
}

/** Own time of each event (without what runs inside it) by kind. Events are in order of time. */
function byKind(events: readonly TraceEvent[], seconds: number): Record<Kind, number> {
  const sums = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  const open: OpenEvent[] = [];
  for (const event of events) {
    const kind = KIND_OF[event.name];
    if (event.ph !== "X" || kind === undefined) continue;
    while (open.length > 0 && open.at(-1)!.endsAt <= event.ts) open.pop();
    const ms = cpuMs(event) / seconds;
    const outer = open.at(-1);
    if (outer !== undefined) sums[outer.kind] -= ms;
    sums[kind] += ms;
    open.push({ endsAt: event.ts + (event.dur ?? 0), kind });
  }
  return sums;
}
