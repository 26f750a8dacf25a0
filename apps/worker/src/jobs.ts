/**
 * The schedule, on BullMQ. Jobs say *look now*; what is to be done stands in the rooms. So a job may come twice, late, or
 * not at all: every worker compares the queue with the rooms at intervals and adds what is missing, also after loss of
 * the whole queue.
 *
 * - `tick` and `retention` are job schedulers: one job per interval, whoever works.
 * - `room` jobs are delayed to the start and end of a room; their id names room, work and time, so that any number of
 *   workers add one. They are removed when done, and come again while the room still needs them.
 * - `statement` jobs are added by gateways. Lost with the queue, they are asked for again by who misses the answer.
 */
import type { Clock } from "@mirrorbook/kernel";
import { JOB_QUEUE, JOBS, type RedisClient } from "@mirrorbook/store";
import { type Job, Queue, Worker } from "bullmq";
import type { Logger } from "pino";
import type { Due, RoomsWork } from "./rooms-work.ts";
import type { StatementJob } from "./statement-work.ts";

const JOBS_AT_ONCE = 8;
/** A worker that dies is noticed, and its job given to another, within two of these. */
const STALLED_AFTER_MS = 3_000;
const STALLED_MAX = 5;
const STATES_COUNTED = ["waiting", "active", "delayed", "failed"] as const;

export interface JobsOptions {
  /** A `jobs` connection; BullMQ opens further ones like it. */
  readonly connection: RedisClient;
  readonly work: RoomsWork;
  readonly forgetOld: () => Promise<void>;
  readonly drawUpStatement: (job: StatementJob) => Promise<void>;
  readonly tickEveryMs: number;
  readonly retentionEveryMs: number;
  readonly reconcileEveryMs: number;
  readonly clock: Clock;
  /** A job of a kind (see `JOBS`) was done here, or failed; it may be tried again. */
  readonly onJob: (job: string, outcome: "done" | "failed", tookMs: number) => void;
  readonly log: Logger;
}

/** Of a `room` job, and of a `statement` job. */
type JobData = { readonly roomId?: string } & Partial<StatementJob>;

export class Jobs {
  readonly #options: JobsOptions;
  readonly #queue: Queue<JobData>;
  readonly #worker: Worker<JobData>;
  #timer: NodeJS.Timeout | null = null;
  #reconciling: Promise<void> | null = null;

  constructor(options: JobsOptions) {
    const { connection, log } = options;
    const shared = { connection: connection as never, prefix: JOB_QUEUE.prefix };
    this.#options = options;
    this.#queue = new Queue(JOB_QUEUE.name, shared);
    this.#worker = new Worker(JOB_QUEUE.name, (job) => this.#run(job), {
      ...shared,
      autorun: false,
      concurrency: JOBS_AT_ONCE,
      lockDuration: STALLED_AFTER_MS,
      stalledInterval: STALLED_AFTER_MS,
      maxStalledCount: STALLED_MAX,
    });
    this.#queue.on("error", (err) => log.debug({ err }, "Trouble with the queue"));
    this.#worker.on("error", (err) => log.debug({ err }, "Trouble with the worker"));
    this.#worker.on("failed", (job, err) => log.warn({ err, job: job?.name }, "A job failed"));
  }

  /** Builds the schedule from what is stored, then works. */
  async start(): Promise<void> {
    await this.#schedule(); // The intervals may be others than those of the last start.
    await this.#reconcile();
    this.#timer = setInterval(() => this.#look(), this.#options.reconcileEveryMs);
    void this.#worker.run();
  }

  #look(): void {
    this.#reconciling ??= this.#reconcile()
      .catch((err: unknown) => this.#options.log.warn({ err }, "Rooms could not be looked at"))
      .finally(() => {
        this.#reconciling = null;
      });
  }

  /** Adds what rooms need and the queue does not have. */
  async #reconcile(): Promise<void> {
    const scheduled = await Promise.all(
      [JOBS.tick, JOBS.retention].map((name) => this.#queue.getJobScheduler(name)),
    );
    if (scheduled.includes(undefined)) await this.#schedule();
    const due = await this.#options.work.due();
    if (due.length > 0) await this.#queue.addBulk(due.map(roomJob));
  }

  /** Lets the jobs at hand finish. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reconciling;
    await this.#worker.close();
    await this.#queue.close();
  }

  /** Jobs by state, in the queue that all workers share. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    return this.#queue.getJobCounts(...STATES_COUNTED);
  }

  async #run(job: Job<JobData>): Promise<void> {
    const { clock, onJob } = this.#options;
    const startedAtMs = clock.monotonicMs();
    let outcome: "done" | "failed" = "failed";
    try {
      await this.#work(job);
      outcome = "done";
    } finally {
      onJob(job.name, outcome, clock.monotonicMs() - startedAtMs);
    }
  }

  async #work({ name, data: { roomId, userId, asked } }: Job<JobData>): Promise<void> {
    const { work, forgetOld, drawUpStatement } = this.#options;
    if (name === JOBS.tick) await work.tickAll();
    else if (name === JOBS.retention) await forgetOld();
    else if (name === JOBS.room && roomId !== undefined) await work.carryOut(roomId);
    else if (userId !== undefined && asked !== undefined) await drawUpStatement({ userId, asked });
  }

  async #schedule(): Promise<void> {
    const { tickEveryMs, retentionEveryMs } = this.#options;
    const opts = { removeOnComplete: true, removeOnFail: true };
    await this.#queue.upsertJobScheduler(JOBS.tick, { every: tickEveryMs }, { opts });
    await this.#queue.upsertJobScheduler(JOBS.retention, { every: retentionEveryMs }, { opts });
  }
}

function roomJob({ roomId, work, atMs }: Due) {
  const time = work === "settle" ? "" : `-${atMs}`;
  return {
    name: JOBS.room,
    data: { roomId },
    opts: {
      jobId: `${work}-${roomId}${time}`,
      delay: Math.max(0, atMs - Date.now()),
      // One attempt, and nothing is kept of it: while a job of this id is there no other can be added, and a room that
      // still needs it asks again at the next look.
      removeOnComplete: true,
      removeOnFail: true,
    },
  };
}
