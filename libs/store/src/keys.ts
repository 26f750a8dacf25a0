/**
 * Every key in Redis: owner, type, bound. The part in braces is the hash tag: keys with the same tag share a slot, so
 * one script may touch them all on a cluster, and publish to the room that carries the tag too.
 *
 * Never DEL or EXPIRE a stream: its last id is what refuses a deposed leader. Streams are trimmed.
 */
export const keys = {
  /** stream, written by gateways and workers, trimmed by the leader behind its cursor. */
  commands: "commands",
  /** string, leader: id of the last command known to be applied. */
  commandsCursor: "commands:cursor",
  /** hash, leader: ids of commands that broke an invariant, with the rule; one per crash, removed by operators. */
  commandsPoisoned: "commands:poisoned",
  /** string with TTL, leader: JSON `{ node, epoch }` of the active leader. */
  lease: "leader",
  /** string, leader: epoch of the last lease; only grows. Same slot as `lease`. */
  leaseEpoch: "{leader}:epoch",
  /** hash, leader, fenced by epoch: users that may have open orders (a superset). */
  openOrders: "open-orders",

  /**
   * hash, leader: fields of `protocol/state.ts`, and the store's own `version` (commits so far), `commit` (token of the
   * last one, `<epoch>.<n>`) and `seq` (number of the last event). Bounded by the exchange's limits per user.
   */
  userState: (userId: string) => `user:{${userId}}:state`,
  /** stream `<seq>-0`, leader, USER_EVENTS_MAX: field `e` = JSON `[name, payload]`. */
  userEvents: (userId: string) => `user:{${userId}}:events`,
  /** streams `<version>-<n>`, leader, USER_ORDERS_MAX, USER_TRADES_MAX, USER_JOURNAL_MAX: field `e` = JSON. */
  userOrders: (userId: string) => `user:{${userId}}:orders`,
  userTrades: (userId: string) => `user:{${userId}}:trades`,
  userJournal: (userId: string) => `user:{${userId}}:journal`,

  /** hash, leader: `MarketInfo` as JSON by symbol; one field per configured market. */
  markets: "markets",
  /** hash, leader, fenced by epoch: size taken by simulated fills, by `<scope>/<bid|ask>/<price>`; only levels held. */
  marketHeld: (symbol: string) => `market:{${symbol}}:held`,
  /** string: the current `BookView` as JSON. */
  book: (symbol: string, depth: number) => `market:{${symbol}}:book:${depth}`,
  /** stream `<seq>-0`, BOOK_CHANGES_MAX. */
  bookChanges: (symbol: string, depth: number) => `market:{${symbol}}:book:${depth}:changes`,
  /** string (last event) and stream `<seq>-0` of the market's other numbered events. */
  marketLast: (symbol: string, kind: MarketStream) => `market:{${symbol}}:${kind}`,
  marketEvents: (symbol: string, kind: MarketStream) => `market:{${symbol}}:${kind}:events`,

  /** string, gateways: JSON of a login; one per registered name, kept for ever. */
  credentials: (name: string) => `credentials:{${name}}`,
  /** string with TTL, gateways: a session (or all of a user's, before a time) that must no longer be let in. */
  revokedSession: (userId: string, sessionId: string) => `revoked:{${userId}}:${sessionId}`,
  revokedBefore: (userId: string) => `revoked:{${userId}}`,
} as const;

/** The market streams that are not books: price, public trades, feed status, held liquidity. */
export type MarketStream = "ticker" | "tape" | "status" | "held-shown";

/** Fields the store keeps for itself in a user's state hash. */
export const STORE_FIELDS = ["version", "commit", "seq"] as const;
