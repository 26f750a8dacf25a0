/**
 * What the processes of a test said, kept for the case that it fails.
 *
 * `infra/jest/environment.mjs` reads it through `EVIDENCE` after a failed test, when `await using` has already stopped
 * the processes, and clears it before the next one.
 */
const EVIDENCE = Symbol.for("mirrorbook.evidence");
const LINES_MAX = 4_000;

interface Evidence {
  readonly lines: string[];
}

const evidence: Evidence = { lines: [] };
const watchers = new Set<(source: string, line: string) => void>();
(globalThis as Record<symbol, unknown>)[EVIDENCE] = evidence;

/** Remembers one line of a process's output; the oldest lines go when there are too many. */
export function recordEvidence(source: string, line: string): void {
  for (const watch of watchers) watch(source, line);
  evidence.lines.push(`${source} | ${line}`);
  if (evidence.lines.length > LINES_MAX) evidence.lines.splice(0, LINES_MAX / 4);
}

/** Calls `watch` with every line from now on, for runs that keep more than the latest. */
export function watchEvidence(watch: (source: string, line: string) => void): void {
  watchers.add(watch);
}
