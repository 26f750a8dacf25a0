/** P1, P2, P3, P7: the log has no hole, every client was sent exactly the log, and nobody another user's. */
import { isDeepStrictEqual } from "node:util";
import type { ClientEvidence, Delivery, Violation } from "../evidence.ts";
import type { UserLog } from "./user-log.ts";

/** Faults told per client; one hole shifts everything after it. */
const TOLD_MAX = 5;

/** The log itself: numbered 1, 2, 3, …, each entry under its own number, and as long as the state says. */
export function checkLog({ stored, events }: UserLog): Violation[] {
  const subject = stored.userId;
  const wrong = stored.events.findIndex(
    ([id], index) => id !== `${index + 1}-0` || events[index]![1].seq !== index + 1,
  );
  const violations: Violation[] = [];
  if (wrong >= 0) {
    const detail = `entry ${wrong + 1} of the log is ${stored.events[wrong]![0]}, its event says ${events[wrong]![1].seq}`;
    violations.push({ rule: "P1 log", subject, detail });
  }
  const last = Number(stored.state.seq ?? 0);
  if (last !== events.length) {
    const detail = `the state is at ${last}, the log at ${events.length}`;
    violations.push({ rule: "P2 state and log", subject, detail });
  }
  return violations;
}

/** What one client was sent, against the log of its user. */
export function checkDeliveries(
  client: ClientEvidence,
  log: UserLog,
  ownerOf: (event: Delivery) => string | undefined,
): Violation[] {
  const violations: Violation[] = [];
  const tell = (rule: string, detail: string) =>
    violations.push({ rule, subject: `${client.name} (${client.userId})`, detail });
  for (const reason of client.resyncs) tell("P3 resync", `told to reload: ${reason}`);

  let last = client.since;
  for (const event of client.events) {
    if (violations.length >= TOLD_MAX) return violations;
    const { seq } = event[1];
    const owner = ownerOf(event);
    if (owner !== undefined && owner !== client.userId) {
      tell("P7 foreign event", `${event[0]} ${seq} belongs to ${owner}`);
      continue;
    }
    if (seq <= last) tell("P3 repeat", `${event[0]} ${seq} came again after ${last}`);
    else if (seq > last + 1) tell("P3 hole", `${event[0]} ${seq} came after ${last}`);
    const logged = log.events[seq - 1];
    if (logged === undefined) tell("P2 not in the log", `${event[0]} ${seq}`);
    else if (!isDeepStrictEqual(logged, event)) {
      tell(
        "P2 differs from the log",
        `${JSON.stringify(event)} is logged as ${JSON.stringify(logged)}`,
      );
    }
    last = Math.max(last, seq);
  }
  const missing = log.events.length - last;
  if (missing > 0) tell("P3 hole", `the last ${missing} events, after ${last}, never came`);
  return violations;
}
