/** The two clocks: wall time for what people and records see, monotonic time for leases and time-outs. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  nowMs(): number;
  /** Milliseconds since some fixed point; never goes back, stops for nobody. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
