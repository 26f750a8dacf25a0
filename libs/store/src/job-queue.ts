/** Where scheduled work waits: workers take it, gateways add what users ask for and show it to operators. */
export const JOB_QUEUE = {
  name: "scheduled",
  /** A hash tag: on a cluster all keys of the queue live in one slot. */
  prefix: "{jobs}",
} as const;

const ATTEMPTS = 5;
const BACK_OFF_MS = 500;
const FAILED_KEPT = 100;
const FAILED_KEPT_SECONDS = 24 * 3_600;

/** How a piece of work is tried; what failed for good is kept for operators to see, within bounds. */
export const JOB_OPTIONS = {
  attempts: ATTEMPTS,
  backoff: { type: "exponential", delay: BACK_OFF_MS },
  removeOnComplete: true,
  removeOnFail: { count: FAILED_KEPT, age: FAILED_KEPT_SECONDS },
} as const;

/** Jobs by what they are about. */
export const JOBS = {
  tick: "tick",
  room: "room",
  retention: "retention",
  statement: "statement",
} as const;
