import type { FaultKind } from "./schedule.ts";

/** One process is stopped as an operator would, and started again. */
export type RestartKind = "restart_gateway" | "restart_leader" | "restart_worker" | "restart_redis";
/** What is measured from a fault to its end; others are counted only. */
export type RecoveryKind = "leader" | "handover" | "gateway" | "redis" | "feed";

export interface FaultRecord {
  readonly kind: FaultKind | RestartKind;
  readonly atMs: number;
  /** Times from the fault until what it broke worked again. */
  readonly recoveries: { readonly kind: RecoveryKind; readonly ms: number }[];
  /** Set when the fault could not be made, or what it broke did not come back in time. */
  problem: string | null;
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly max: number | null;
}

/** Times of `kind` over a whole run, in whole milliseconds. */
export function percentiles(faults: readonly FaultRecord[], kind: RecoveryKind): Percentiles {
  const times = faults
    .flatMap(({ recoveries }) => recoveries.filter((recovery) => recovery.kind === kind))
    .map(({ ms }) => Math.round(ms))
    .sort((a, b) => a - b);
  const count = times.length;
  return { count, p50: times[Math.floor((count - 1) / 2)] ?? null, max: times.at(-1) ?? null };
}

export function countByKind(faults: readonly FaultRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
}
