/** Who has moved on the board lately, and by how much. Pure. */
import type { LeaderboardRow } from "@mirrorbook/protocol";

/** How long a move stays marked. */
export const MOVE_SHOWN_MS = 8_000;

interface Place {
  readonly rank: number;
  /** Places gained (above 0) or lost in the moves still marked. */
  readonly gained: number;
  readonly movedAtMs: number;
}

export type Places = ReadonlyMap<string, Place>;

export const NO_PLACES: Places = new Map();

/** The places after `rows` were told. Moves that come while one is marked add up. Who is new has not moved. */
export function follow(places: Places, rows: readonly LeaderboardRow[], nowMs: number): Places {
  const next = new Map<string, Place>();
  for (const { userId, rank } of rows) {
    const before = places.get(userId);
    const isFresh = before !== undefined && nowMs - before.movedAtMs < MOVE_SHOWN_MS;
    if (before === undefined) next.set(userId, { rank, gained: 0, movedAtMs: nowMs });
    else if (before.rank === rank) next.set(userId, before);
    else {
      const gained = (isFresh ? before.gained : 0) + before.rank - rank;
      next.set(userId, { rank, gained, movedAtMs: nowMs });
    }
  }
  return next;
}

/** Places gained or lost lately; 0 for none. */
export function gainedLately(places: Places, userId: string, nowMs: number): number {
  const place = places.get(userId);
  return place === undefined || nowMs - place.movedAtMs >= MOVE_SHOWN_MS ? 0 : place.gained;
}
