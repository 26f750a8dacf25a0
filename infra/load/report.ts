/** Judges a run by its profile, and words what it found. */
import type { ArtilleryResult } from "./artillery.ts";
import type { CrowdFigures } from "./listeners/listeners.ts";
import type { Profile } from "./profiles.ts";

export interface Run {
  readonly profileName: string;
  readonly profile: Profile;
  readonly crowd: CrowdFigures;
  readonly artillery: ArtilleryResult;
  /** Processor cores in use on average, by kind of process; empty where it cannot be known. */
  readonly cores: Readonly<Record<string, number>>;
}

export interface Check {
  readonly what: string;
  readonly holds: boolean;
}

/** All that was promised: of the listeners by the profile, of Artillery's users by artillery.yml. */
export function checksOf({ profile, crowd, artillery }: Run): Check[] {
  const { listeners, deliveriesPerSecondMin, delayP99MsMax } = profile;
  const { held, lost, deliveriesPerSecond, delayMs } = crowd;
  const checks = [
    { what: `${held} of ${listeners} listeners held, ${lost} lost`, holds: held === listeners },
    {
      what: `${deliveriesPerSecond} deliveries/s >= ${deliveriesPerSecondMin}`,
      holds: deliveriesPerSecond >= deliveriesPerSecondMin,
    },
    {
      what: `delivery p99 ${delayMs.p99} ms <= ${delayP99MsMax}`,
      holds: delayMs.p99 !== null && delayMs.p99 <= delayP99MsMax,
    },
    ...artillery.checks.map((line) => ({
      what: line.replace(/^\w+: /, ""),
      holds: line.startsWith("ok"),
    })),
  ];
  // So that a run which ended for another reason, or judged nothing, does not pass for a good one.
  const isExplained = artillery.exitCode === 0 || checks.some(({ holds }) => !holds);
  if (!isExplained || artillery.checks.length === 0) {
    checks.push({ what: `Artillery ended with ${artillery.exitCode}`, holds: false });
  }
  return checks;
}

export function summarize(run: Run) {
  const { profileName, crowd, artillery, cores } = run;
  const { counters, summaries } = artillery;
  const times = (name: string) => summaries[name] ?? null;
  const errors = Object.entries(counters).filter(([name]) => name.startsWith("errors."));
  return {
    profile: profileName,
    listeners: crowd,
    users: { created: counters["vusers.created"] ?? 0, failed: counters["vusers.failed"] ?? 0 },
    messages: counters["socketio.emit"] ?? 0,
    acknowledgedMs: times("socketio.response_time"),
    requestMs: times("http.response_time"),
    resumes: counters["events.resumed"] ?? 0,
    resumedElsewhere: counters["events.resumed_elsewhere"] ?? 0,
    resumeMs: times("resume.time"),
    ownEvents: counters["events.own"] ?? 0,
    holes: counters["events.holes"] ?? 0,
    errors: Object.fromEntries(errors),
    cores: Object.fromEntries(
      Object.entries(cores).map(([name, used]) => [name, Number(used.toFixed(2))]),
    ),
  };
}

export function reportText(run: Run): string {
  const summary = summarize(run);
  const { listeners, users, resumes, resumedElsewhere, holes, ownEvents } = summary;
  const times = (of: { p50: number | null; p99: number | null; max: number | null } | null) =>
    of === null ? "–" : `p50 ${of.p50} ms, p99 ${of.p99} ms, max ${of.max} ms`;
  const used = Object.entries(summary.cores).map(([name, cores]) => `${name} ${cores}`);
  return [
    `Listeners      ${listeners.held} held, ${listeners.lost} lost; ${listeners.deliveriesPerSecond} deliveries/s`,
    `  delivery     ${times(listeners.delayMs)} (publication to socket, ${listeners.delayMs.count} timed)`,
    `Artillery      ${users.created} users, ${users.failed} failed; ${summary.messages} messages sent`,
    `  acknowledged ${times(summary.acknowledgedMs)}`,
    `  REST         ${times(summary.requestMs)}`,
    `  resumed      ${times(summary.resumeMs)} (${resumes} came back, ${resumedElsewhere} to another gateway)`,
    `  own events   ${ownEvents}, ${holes} holes`,
    ...Object.entries(summary.errors).map(([name, count]) => `  ${name} ${count}`),
    ...(used.length > 0 ? [`Cores in use   ${used.join(", ")}`] : []),
    ...checksOf(run).map(({ what, holds }) => `${holds ? "ok  " : "FAIL"} ${what}`),
  ].join("\n");
}
