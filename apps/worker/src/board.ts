/**
 * The leaderboard of one room as this worker last knew it. A tick values every portfolio at the best bids, ranks, and
 * writes what differs. Two workers may tick one room: the store lets one through, and the other reads again.
 */
import { type Money, moneyText } from "@mirrorbook/exchange";
import type { LeaderboardRow, RoomCore, RoomEvent, RoomRules } from "@mirrorbook/protocol";
import {
  addEquity,
  decodeStats,
  type EquityStats,
  encodeStats,
  equityOf,
  type Marks,
  NO_STATS,
  type Ranked,
  rankChanges,
  rankContenders,
  rowOf,
} from "@mirrorbook/rooms";
import {
  type BoardState,
  publishBoard,
  type RedisClient,
  ROOM_SNAPSHOTS_MAX,
  type RoomPackets,
  readBoardState,
  readStats,
  takeSnapshot,
} from "@mirrorbook/store";
import type { Members } from "./members.ts";

/** Rows told to everyone who watches a room; the rest is read page by page. */
export const TOP_ROWS = 20;
/** Rank changes told per tick: those among the leading ranks, best first. */
export const RANK_EVENTS_MAX = 100;

export interface BoardDeps {
  readonly redis: RedisClient;
  readonly packets: RoomPackets;
  readonly members: Members;
}

export interface TickResult {
  readonly members: number;
  /** Members whose rank is another than before. */
  readonly moved: number;
  readonly events: number;
}

export class Board {
  readonly #deps: BoardDeps;
  #state: BoardState | null = null;
  #stats: Map<string, EquityStats> | null = null;
  #lastSnapshot = -1;
  /** Rows as written, by user. */
  #rows = new Map<string, string>();
  #topShown = "";

  constructor(deps: BoardDeps) {
    this.#deps = deps;
  }

  /** Ranks and writes; `null` when another worker was faster or the room does not run. @throws when Redis is away. */
  async tick(marks: Marks, atMs: number): Promise<TickResult | null> {
    const { members } = this.#deps;
    await members.refresh();
    const { core } = members;
    if (core?.status !== "running") return null;
    try {
      await this.#load();
      const ranked = this.#rank(core.rules, marks);
      const result = await this.#write(core, ranked, atMs);
      if (result !== null) await this.#snapshot(core, ranked, atMs);
      return result;
    } catch (error) {
      this.#forget(); // What was written is unknown.
      throw error;
    }
  }

  async #load(): Promise<void> {
    const { redis, members } = this.#deps;
    this.#state ??= await readBoardState(redis, members.roomId);
    if (this.#stats !== null) return;
    const { lastNumber, stats } = await readStats(redis, members.roomId);
    this.#lastSnapshot = lastNumber;
    this.#stats = new Map(Array.from(stats, ([userId, text]) => [userId, decodeStats(text)]));
  }

  #forget(): void {
    this.#state = null;
    this.#stats = null;
    this.#rows = new Map();
    this.#topShown = "";
  }

  #rank(rules: RoomRules, marks: Marks): Ranked[] {
    const { members } = this.#deps;
    const contenders = [];
    for (const { userId, name } of members.seats) {
      const holdings = members.holdings(userId);
      if (holdings === undefined) continue; // The portfolio is being opened.
      const { deposited, realized, lastFillAt } = holdings;
      const equity = equityOf(holdings, marks);
      const stats = this.#stats!.get(userId) ?? NO_STATS;
      contenders.push({ userId, name, equity, deposited, realized, stats, lastFillAt });
    }
    return rankContenders(contenders, rules.metric);
  }

  async #write(
    core: RoomCore,
    ranked: readonly Ranked[],
    atMs: number,
  ): Promise<TickResult | null> {
    const { redis, packets } = this.#deps;
    const state = this.#state!;
    const changes = rankChanges(state.ranks, ranked);
    const rows: [string, string][] = [];
    const top: LeaderboardRow[] = [];
    for (const one of ranked) {
      const row = rowOf(one);
      if (one.rank <= TOP_ROWS) top.push(row);
      const text = JSON.stringify(row);
      if (this.#rows.get(one.userId) !== text) rows.push([one.userId, text]);
    }
    const present = new Set(ranked.map(({ userId }) => userId));
    const gone = [...state.ranks.keys()].filter((userId) => !present.has(userId));
    const events = boardEvents(core.id, {
      top,
      changes,
      atMs,
      seq: state.seq,
      shown: this.#topShown,
    });
    const written = await publishBoard(redis, packets, {
      roomId: core.id,
      status: "running",
      ticks: state.ticks,
      lastSeq: state.seq,
      ranks: changes.map(({ ranked: one }) => [one.userId, one.rank] as const),
      rows,
      gone,
      events,
    });
    if (written.kind !== "written") {
      this.#forget();
      return null;
    }
    for (const [userId, text] of rows) this.#rows.set(userId, text);
    for (const userId of gone) this.#rows.delete(userId);
    this.#topShown = JSON.stringify(top);
    const ranks = new Map(ranked.map(({ userId, rank }) => [userId, rank]));
    this.#state = { ticks: state.ticks + 1, seq: state.seq + events.length, ranks };
    return { members: ranked.length, moved: changes.length, events: events.length };
  }

  /** Takes the snapshot of this interval, unless it is taken. Intervals count from the start of the room. */
  async #snapshot(core: RoomCore, ranked: readonly Ranked[], atMs: number): Promise<void> {
    const number = Math.floor((atMs - core.startedAtMs!) / core.rules.snapshotEveryMs);
    if (number <= this.#lastSnapshot || number >= ROOM_SNAPSHOTS_MAX || ranked.length === 0) return;
    const next = ranked.map(({ userId, stats, equity }) => {
      return { userId, equity, stats: addEquity(stats, numberOf(equity)) };
    });
    const id = `s-${number}`;
    const takenAt = new Date(atMs).toISOString();
    const rows = ranked.slice(0, TOP_ROWS).map(rowOf);
    const { redis, packets } = this.#deps;
    const written = await takeSnapshot(redis, {
      roomId: core.id,
      lastNumber: this.#lastSnapshot,
      number,
      snapshot: { id, takenAt, rows },
      members: next.map(({ userId, stats, equity }) => {
        return { userId, stats: encodeStats(stats), equity: moneyText(equity) };
      }),
    });
    if (written.kind !== "written") return this.#forget();
    this.#lastSnapshot = number;
    for (const { userId, stats } of next) this.#stats!.set(userId, stats);
    const { ticks, seq, ranks } = this.#state!;
    const payload = { seq: seq + 1, timestamp: takenAt, roomId: core.id };
    const told = await publishBoard(redis, packets, {
      roomId: core.id,
      status: "running",
      ticks,
      lastSeq: seq,
      ranks: [],
      rows: [],
      gone: [],
      events: [["leaderboard:snapshot_created", { ...payload, snapshot: { id, takenAt, rows } }]],
    });
    if (told.kind === "written") this.#state = { ticks: ticks + 1, seq: seq + 1, ranks };
    else this.#forget();
  }
}

interface Told {
  readonly top: readonly LeaderboardRow[];
  readonly changes: ReturnType<typeof rankChanges>;
  readonly atMs: number;
  /** Number of the last event before. */
  readonly seq: number;
  /** The leading rows as told before, JSON. */
  readonly shown: string;
}

/** The leading rows when they differ, and who moved among the leading ranks. */
function boardEvents(roomId: string, { top, changes, atMs, seq, shown }: Told): RoomEvent[] {
  const timestamp = new Date(atMs).toISOString();
  const events: RoomEvent[] = [];
  const numbered = () => ({ seq: seq + events.length + 1, timestamp, roomId });
  if (JSON.stringify(top) !== shown) {
    events.push(["leaderboard:update", { ...numbered(), rows: [...top] }]);
  }
  for (const { ranked, previousRank } of changes.slice(0, RANK_EVENTS_MAX)) {
    const { userId, name, rank } = ranked;
    const change = { userId, name, rank, previousRank };
    events.push(["leaderboard:ranking_changed", { ...numbered(), change }]);
  }
  return events;
}

/** For the figures of risk only. */
function numberOf(money: Money): number {
  return Number(moneyText(money));
}
