import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "@mirrorbook/testkit";
import type { Evidence, Violation } from "./evidence.ts";
import { countByKind, type FaultRecord, type Percentiles, percentiles } from "./fault-record.ts";

const VIOLATIONS_PRINTED_MAX = 30;

export interface Summary {
  readonly faults: number;
  readonly faultsByKind: Record<string, number>;
  /** Faults that could not be made, or whose end did not come in time. */
  readonly problems: number;
  readonly commands: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly refused: number;
    readonly unknown: number;
  };
  readonly events: number;
  readonly fills: number;
  readonly bookFrames: number;
  readonly violations: number;
  readonly recoveryMs: Record<"leader" | "handover" | "gateway" | "redis" | "feed", Percentiles>;
}

export function summarize(
  evidence: Evidence,
  faults: readonly FaultRecord[],
  violations: readonly Violation[],
): Summary {
  const { commands, clients, users, books } = evidence;
  const count = (is: (command: Evidence["commands"][number]) => boolean) =>
    commands.filter(is).length;
  return {
    faults: faults.length,
    faultsByKind: countByKind(faults),
    problems: faults.filter(({ problem }) => problem !== null).length,
    commands: {
      sent: commands.length,
      acknowledged: count(({ answer }) => answer?.ok === true),
      refused: count(({ answer }) => answer?.ok === false),
      unknown: count(({ answer }) => answer === null),
    },
    events: clients.reduce((sum, { events }) => sum + events.length, 0),
    fills: users.reduce((sum, { trades }) => sum + trades.length, 0),
    bookFrames: books.reduce((sum, { frames }) => sum + frames, 0),
    violations: violations.length,
    recoveryMs: {
      leader: percentiles(faults, "leader"),
      handover: percentiles(faults, "handover"),
      gateway: percentiles(faults, "gateway"),
      redis: percentiles(faults, "redis"),
      feed: percentiles(faults, "feed"),
    },
  };
}

export function summaryText(
  summary: Summary,
  faults: readonly FaultRecord[],
  violations: readonly Violation[],
): string {
  const { commands, events, fills, bookFrames } = summary;
  const kinds = Object.entries(summary.faultsByKind).map(([kind, count]) => `  ${kind} ${count}`);
  const recoveries = Object.entries(summary.recoveryMs).map(
    ([kind, { count, p50, max }]) =>
      `  ${kind.padEnd(9)} p50 ${p50 ?? "–"} ms, max ${max ?? "–"} ms (${count} measured)`,
  );
  const problems = faults.filter(({ problem }) => problem !== null);
  return [
    `${summary.faults} faults:`,
    ...kinds,
    `${commands.sent} commands: ${commands.acknowledged} acknowledged, ${commands.refused} refused, ${commands.unknown} unsettled`,
    `${events} events delivered, ${fills} fills, ${bookFrames} book frames`,
    "Recovery, from the fault (redis, feed: from its end) to the first success:",
    ...recoveries,
    ...problems.map(({ kind, problem }) => `  ${kind}: ${problem}`),
    `${violations.length} violations`,
    ...violations
      .slice(0, VIOLATIONS_PRINTED_MAX)
      .map(({ rule, subject, detail }) => `  ${rule}: ${subject}: ${detail.slice(0, 600)}`),
  ].join("\n");
}

/** Keeps all that is needed to find out what went wrong; returns the folder. */
export async function keepEvidence(
  seed: number,
  evidence: Evidence,
  faults: readonly FaultRecord[],
  violations: readonly Violation[],
  processLines: readonly string[],
): Promise<string> {
  const folder = join(REPOSITORY, ".data/chaos", String(seed));
  await mkdir(folder, { recursive: true });
  const keep = (name: string, lines: Iterable<string>) =>
    writeFile(join(folder, name), `${[...lines].join("\n")}\n`);
  const each = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item));
  await Promise.all([
    keep("violations.jsonl", each(violations)),
    keep("faults.jsonl", each(faults)),
    keep("commands.jsonl", each(evidence.commands)),
    keep("clients.jsonl", each(evidence.clients)),
    keep("users.jsonl", each(evidence.users)),
    keep("feed.jsonl", each([...evidence.feed, ...evidence.silences])),
    keep("market.jsonl", each(evidence.market)),
    keep("processes.log", processLines),
  ]);
  return folder;
}
