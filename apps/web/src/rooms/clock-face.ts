/** What a room's clock shows. Pure: the time comes with the question. */
import type { RoomView } from "@mirrorbook/protocol";
import { momentOf } from "../lib/format.ts";

export interface ClockFace {
  /** Empty where the time says it all, or the other way round. */
  readonly label: string;
  readonly time: string;
}

type Timed = Pick<RoomView, "status" | "startsAt" | "endsAt" | "endedAt">;

/** @param nowMs by the server's clock, as well as it is known */
export function clockOf(room: Timed, nowMs: number): ClockFace {
  const left = (iso: string | null) => (iso === null ? null : Date.parse(iso) - nowMs);
  const [toStart, toEnd] = [left(room.startsAt), left(room.endsAt)];
  switch (room.status) {
    case "draft":
      return { label: "Not open yet", time: "" };
    case "open":
      if (toStart === null) return { label: "Waits for its owner to start it", time: "" };
      return toStart <= 0
        ? { label: "Starting…", time: "" }
        : { label: "Starts in", time: durationText(toStart) };
    case "running":
      if (toEnd === null) return { label: "Until its owner ends it", time: "" };
      return toEnd <= 0
        ? { label: "Ending…", time: "" }
        : { label: "Ends in", time: durationText(toEnd) };
    case "paused":
      return toEnd === null
        ? { label: "Its owner resumes or ends it", time: "" }
        : { label: "Ends in", time: durationText(toEnd) };
    case "settling":
      return { label: "Counting up…", time: "" };
    case "ended":
      return room.endedAt === null
        ? { label: "It never ran", time: "" }
        : { label: "", time: momentOf(room.endedAt, new Date(nowMs)) };
  }
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** "2 d 03 h", "1:02:03", "02:03": as long as it must be, of steady width where it runs. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [seconds, minutes] = [whole % 60, Math.floor(whole / 60) % 60];
  const hours = Math.floor(whole / 3600);
  if (ms >= 2 * DAY_MS) return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
  return ms >= HOUR_MS
    ? `${hours}:${two(minutes)}:${two(seconds)}`
    : `${two(minutes)}:${two(seconds)}`;
}

/** "45 min", "1 h 30 min", "7 d": a length somebody chose. */
export function lengthText(ms: number): string {
  const parts: [value: number, unit: string][] = [
    [Math.floor(ms / DAY_MS), "d"],
    [Math.floor((ms % DAY_MS) / HOUR_MS), "h"],
    [Math.floor((ms % HOUR_MS) / 60_000), "min"],
    [Math.floor((ms % 60_000) / 1000), "s"],
  ];
  const named = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`);
  return named.join(" ") || "0 s";
}
