const FIRST_DELAY_MS = 250;
const DELAY_MAX_MS = 15_000;
/** A process that lived so long had started well: its next end is a new story. */
const STEADY_AFTER_MS = 30_000;

/** How many ends in a row came soon after a start, this one included. */
export function quickEnds(before: number, livedMs: number): number {
  return livedMs >= STEADY_AFTER_MS ? 1 : before + 1;
}

/** Pause before the next start, doubled with each quick end. */
export function restartDelayMs(ends: number): number {
  return Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** (ends - 1));
}
