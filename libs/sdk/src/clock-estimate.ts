/**
 * Round trip and clock skew from ping samples: the sample with the shortest round trip of the last few is the one least
 * disturbed by queueing (as NTP's clock filter, RFC 5905 section 10, takes it).
 */
export const CLOCK_SAMPLES_MAX = 8;

export interface ClockSample {
  readonly rttMs: number;
  /** Server clock minus ours, assuming equal ways there and back; off by at most rtt / 2. */
  readonly skewMs: number;
}

export interface ClockEstimate {
  readonly samples: readonly ClockSample[];
  /** Of the last ping. */
  readonly rttMs: number | null;
  /** Of the best sample. */
  readonly skewMs: number | null;
}

export const NO_ESTIMATE: ClockEstimate = { samples: [], rttMs: null, skewMs: null };

export function addSample(
  estimate: ClockEstimate,
  sentAtMs: number,
  serverTimeMs: number,
  receivedAtMs: number,
): ClockEstimate {
  const rttMs = Math.max(0, receivedAtMs - sentAtMs);
  const skewMs = serverTimeMs - (sentAtMs + rttMs / 2);
  const samples = [...estimate.samples, { rttMs, skewMs }].slice(-CLOCK_SAMPLES_MAX);
  const best = samples.reduce((a, b) => (b.rttMs < a.rttMs ? b : a));
  return { samples, rttMs, skewMs: best.skewMs };
}
