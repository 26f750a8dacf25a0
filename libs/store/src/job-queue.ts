/** Where scheduled work waits: workers take it, gateways add what users ask for and show it to operators. */
export const JOB_QUEUE = {
  name: "scheduled",
  /** A hash tag: on a cluster all keys of the queue live in one slot. */
  prefix: "{jobs}",
} as const;
