/** Every bound of what is kept in Redis. Stream lengths are approximate: Redis trims whole nodes of about 100 entries. */

/**
 * Commits of a user whose numbered events are kept for `resume`, so as many events at least. Trimmed, never deleted: the
 * stream's last id is the fence (P1).
 */
export const USER_EVENTS_MAX = 4_000;
/** Commits whose closed orders and trades are kept per user, for the history pages. */
export const USER_ORDERS_MAX = 5_000;
export const USER_TRADES_MAX = 5_000;
/**
 * Commits whose double-entry postings are kept per user. The journal is the audit (P4): its bound is a guard against a
 * runaway account, far above what a person or an ordinary bot reaches. The audit names an account that got there.
 */
export const USER_JOURNAL_MAX = 50_000;
/** A user's last statement, until the next is asked for. */
export const STATEMENT_KEPT_MS = 24 * 3_600_000;
/** Diffs per book and depth: 25 s at 10 Hz, so a late gateway can go on without a new snapshot. */
export const BOOK_CHANGES_MAX = 256;
export const TICKER_EVENTS_MAX = 64;
export const TAPE_EVENTS_MAX = 500;
export const FEED_STATUS_EVENTS_MAX = 64;
export const HELD_EVENTS_MAX = 16;

/** Events of a trade room, and of its leaderboard. */
export const ROOM_EVENTS_MAX = 2_000;
/** A reader further behind than this loads every portfolio anew. */
export const ROOM_CHANGES_MAX = 50_000;
/** Equity snapshots per room; a room that has them all takes no more. */
export const ROOM_SNAPSHOTS_MAX = 2_000;

/** Page length of history reads. */
export const PAGE_MAX = 500;
/** Events one `readEvents` may return; more missed than that is answered with further pages. */
export const EVENTS_PAGE_MAX = 1_000;
