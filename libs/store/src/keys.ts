/**
 * Every key in Redis: owner, type, bound. The part in braces is the hash tag: keys with the same tag share a slot, so
 * one script may touch them all on a cluster, and publish to the room that carries the tag too.
 *
 * Never DEL or EXPIRE a stream: its last id is what refuses a deposed leader. Streams are trimmed. What is over for good
 * is forgotten whole, by `retention.ts` alone: guests, and rooms some time after their end.
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
  /** stream, leader, USER_EVENTS_MAX: an entry per commit, id `<seq of its last event>-0`, `e` = JSON array of `[name, payload]`. */
  userEvents: (userId: string) => `user:{${userId}}:events`,
  /** streams, leader, USER_ORDERS_MAX, USER_TRADES_MAX, USER_JOURNAL_MAX: an entry per commit, id `<version>-0`, `e` = JSON array. */
  userOrders: (userId: string) => `user:{${userId}}:orders`,
  userTrades: (userId: string) => `user:{${userId}}:trades`,
  userJournal: (userId: string) => `user:{${userId}}:journal`,
  /** string with TTL STATEMENT_KEPT_MS, gateways and workers: JSON of the user's last statement; one per user. */
  userStatement: (userId: string) => `user:{${userId}}:statement`,

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

  /** zset, leader: ids of all trade rooms, by time of creation (ms); a superset, written before a room's first commit. */
  rooms: "rooms",
  /** hash, leader: fields of `protocol/room-state.ts` and the store's `version`, `commit`, `seq`; SEATS_MAX seats. */
  roomState: (roomId: string) => `room:{${roomId}}:state`,
  /** stream `<seq>-0`, leader, ROOM_EVENTS_MAX: field `e` = JSON `[name, payload]`. */
  roomEvents: (roomId: string) => `room:{${roomId}}:events`,
  /**
   * stream, leader, ROOM_CHANGES_MAX: `u` user, `v` version of the user's state, for each commit that changes what the
   * portfolio in this room is worth. Written before the commit, so a reader of it misses none.
   */
  roomChanges: (roomId: string) => `room:{${roomId}}:changes`,
  /** zset, worker: user ids by rank. */
  roomRanks: (roomId: string) => `room:{${roomId}}:leaderboard`,
  /** hash, worker: JSON of each user's row. */
  roomRows: (roomId: string) => `room:{${roomId}}:leaderboard:rows`,
  /** string, worker: the last event of the leaderboard's stream. */
  roomBoardLast: (roomId: string) => `room:{${roomId}}:leaderboard:last`,
  /** stream `<seq>-0`, worker, ROOM_EVENTS_MAX: leaderboard events, numbered apart from the room's own. */
  roomBoardEvents: (roomId: string) => `room:{${roomId}}:leaderboard:events`,
  /** list, worker, ROOM_SNAPSHOTS_MAX: JSON of each snapshot without the members' equities, newest last. */
  roomSnapshots: (roomId: string) => `room:{${roomId}}:snapshots`,
  /** hash, worker: a member's equities, comma-separated, one per snapshot. */
  roomCurves: (roomId: string) => `room:{${roomId}}:curves`,
  /** hash, worker: a member's `EquityStats`; field `#` is the number of snapshots they contain. */
  roomStats: (roomId: string) => `room:{${roomId}}:stats`,
  /** string, worker: JSON of the final ranking whose hash is in the room's state. */
  roomFinal: (roomId: string) => `room:{${roomId}}:final`,

  /** string, gateways: JSON of a login; one per registered name, kept for ever. */
  credentials: (name: string) => `credentials:{${name}}`,
  /** zset, gateways: each by the end of its lease (ms). One hash tag for all: a slot is taken over all nodes in one script. */
  connections: "{connections}",
  /** hash with TTL, its gateway: open connections by what they are limited by; at most two fields per connection. */
  connectionsOf: (node: string) => `{connections}:${node}`,

  /** string with TTL, gateways: a session (or all of a user's, before a time) that must no longer be let in. */
  revokedSession: (userId: string, sessionId: string) => `revoked:{${userId}}:${sessionId}`,
  revokedBefore: (userId: string) => `revoked:{${userId}}`,
} as const;

/** The market streams that are not books: price, public trades, feed status, held liquidity. */
export type MarketStream = "ticker" | "tape" | "status" | "held-shown";

/** Fields the store keeps for itself in a user's state hash. */
export const STORE_FIELDS = ["version", "commit", "seq"] as const;
