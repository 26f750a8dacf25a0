/** How a run notices that the system works again. */
import { eventually } from "@mirrorbook/testkit";
import type { CommandEvidence } from "./evidence.ts";

/** What a fault broke must work again within this, or the run says so. */
export const RECOVERY_WITHIN_MS = 30_000;
export const LOOK_EVERY_MS = 10;

/** Returns the moment at which a command that is sent from now on was acknowledged. @throws when none is in time. */
export function nextAcknowledgement(commands: readonly CommandEvidence[]): Promise<number> {
  const known = commands.length;
  return eventually(
    () => {
      for (let at = known; at < commands.length; at++) {
        const { answer, answeredAtMs } = commands[at]!;
        if (answer?.ok && answeredAtMs !== null) return answeredAtMs;
      }
      throw new Error("no new command was acknowledged");
    },
    { withinMs: RECOVERY_WITHIN_MS, everyMs: LOOK_EVERY_MS },
  );
}
