import { setTimeout as sleep } from "node:timers/promises";
import type { Hub, Member, Opened } from "@mirrorbook/fanout";
import type { Logger } from "../logger.ts";

const RETRY_AFTER_MS = 1_000;

/** Opens a joined room as soon as its past can be read: until then the member's events of it are held back. */
export async function openRoom(
  hub: Hub,
  member: Member,
  room: string,
  since: number | undefined,
  log: Logger,
): Promise<Opened> {
  for (;;) {
    try {
      return await hub.open(member, room, since);
    } catch (error) {
      log.warn({ err: error, room }, "A room's past could not be read yet");
      await sleep(RETRY_AFTER_MS, undefined, { ref: false });
    }
  }
}

/**
 * Starts a room anew for one member: it gets the events after `since` once more, or a book's snapshot, and then live
 * ones. Leaving first is what makes the order right: nothing live can slip in between. It comes back, however long
 * Redis takes to let it.
 */
export async function reopenRoom(
  hub: Hub,
  member: Member,
  room: string,
  since: number | undefined,
  log: Logger,
): Promise<Opened> {
  hub.leave(member, [room]);
  for (;;) {
    try {
      await hub.join(member, [room]);
      return await openRoom(hub, member, room, since, log);
    } catch (error) {
      log.warn({ err: error, room }, "A room could not be joined again yet");
      await sleep(RETRY_AFTER_MS, undefined, { ref: false });
    }
  }
}
