/** The schedule on a real queue, with work that the test writes. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemClock } from "@mirrorbook/kernel";
import {
  closeRedis,
  connectRedis,
  JOB_OPTIONS,
  JOB_QUEUE,
  JOBS,
  type RedisClient,
} from "@mirrorbook/store";
import { eventually, type RedisServer, startRedis } from "@mirrorbook/testkit";
import { Queue } from "bullmq";
import { pino } from "pino";
import { Jobs, type JobsOptions } from "../src/jobs.ts";
import type { Due, RoomsWork } from "../src/rooms-work.ts";

let server: RedisServer;
let connection: RedisClient;

beforeAll(async () => {
  server = await startRedis();
  connection = connectRedis({ kind: "server", url: server.url }, "jobs");
});
afterAll(async () => {
  closeRedis(connection);
  await server[Symbol.asyncDispose]();
});

interface Work {
  readonly due: () => readonly Due[];
  readonly carryOut: (roomId: string) => Promise<void>;
}

async function startJobs(
  { due, carryOut }: Work,
  options: Partial<JobsOptions> = {},
): Promise<Jobs & AsyncDisposable> {
  const work = { due: async () => due(), carryOut, tickAll: async () => {} };
  const jobs = new Jobs({
    connection,
    work: work as unknown as RoomsWork,
    forgetOld: async () => {},
    drawUpStatement: async () => {},
    tickEveryMs: 60_000,
    retentionEveryMs: 3_600_000,
    reconcileEveryMs: 100,
    clock: systemClock,
    onJob: () => {},
    log: pino({ level: "silent" }),
    ...options,
  });
  await jobs.start();
  return Object.assign(jobs, { [Symbol.asyncDispose]: () => jobs.close() });
}

test("what a room needs comes again until it is done, however often it fails", async () => {
  let failures = 0;
  let isDone = false;
  const outcomes: string[] = [];
  const due = () => (isDone ? [] : [{ roomId: "cup", work: "settle", atMs: 0 } as const]);
  const carryOut = async () => {
    if (failures++ < 7) throw new Error("the leader is away");
    isDone = true;
  };
  const onJob = (job: string, outcome: string) => void outcomes.push(`${job} ${outcome}`);
  await using _jobs = await startJobs({ due, carryOut }, { onJob });
  await eventually(() => expect(outcomes).toContain("room done"));
  expect(outcomes.filter((text) => text === "room failed")).toHaveLength(7);
});

test("a job two workers add is one job", async () => {
  const done = new Set<string>();
  const carried: string[] = [];
  const rooms = Array.from({ length: 20 }, (_, index) => `room-${index}`);
  const atMs = Date.now() + 500;
  const work: Work = {
    due: () =>
      rooms
        .filter((roomId) => !done.has(roomId))
        .map((roomId) => ({ roomId, work: "start", atMs }) as const),
    carryOut: async (roomId) => {
      done.add(roomId);
      carried.push(roomId);
    },
  };
  await using _first = await startJobs(work);
  await using _second = await startJobs(work);
  await eventually(() => expect(done.size).toBe(rooms.length));
  expect(carried.sort()).toEqual([...rooms].sort());
});

test("old things are looked for at intervals, and statements drawn up when asked for", async () => {
  let looks = 0;
  const drawn: unknown[] = [];
  await using _jobs = await startJobs(
    { due: () => [], carryOut: async () => {} },
    {
      retentionEveryMs: 200,
      forgetOld: async () => void looks++,
      drawUpStatement: async (job) => void drawn.push(job),
    },
  );
  const queue = new Queue(JOB_QUEUE.name, {
    connection: connection as never,
    prefix: JOB_QUEUE.prefix,
  });
  const at = "2026-01-01T00:00:00.000Z";
  const asked = { status: "pending", account: "main", from: null, to: at, requestedAt: at };
  await queue.add(JOBS.statement, { userId: "alice", asked }, JOB_OPTIONS);
  await eventually(() => expect(drawn).toEqual([{ userId: "alice", asked }]));
  await eventually(() => expect(looks).toBeGreaterThan(2));
  await queue.close();
});
