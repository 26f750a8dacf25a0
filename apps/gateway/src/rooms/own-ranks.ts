/**
 * Tells members of trade rooms their own rank when it changes. The room's events name the leading rows only, and to tell
 * everybody everyone's rank would cost members squared; so each node asks for the ranks of those who watch here, and the
 * worker that ranks pays nothing for it.
 */
import type { Hub, Member } from "@mirrorbook/fanout";
import { type LeaderboardRow, rooms } from "@mirrorbook/protocol";
import { type RedisClient, ranksOf, rowsOf } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";

/** Members asked for in one round trip. */
const MEMBERS_AT_ONCE = 1_000;

export interface OwnRanksOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly everyMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export class OwnRanks {
  readonly #options: OwnRanksOptions;
  readonly #timer: NodeJS.Timeout;
  /** Ranks told, by room and connection: as many as watch here. */
  #told = new Map<string, Told>();
  #looking: Promise<void> | null = null;

  constructor(options: OwnRanksOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.everyMs);
  }

  /** Looks once, unless a look is under way. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll()
      .catch((error: unknown) => this.#options.log.warn({ err: error }, "Own ranks come later"))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #lookAtAll(): Promise<void> {
    const told = new Map<string, Told>();
    for (const roomId of this.#options.hub.tagsOf("room")) {
      told.set(roomId, await this.#lookAt(roomId, this.#told.get(roomId) ?? new Map()));
    }
    this.#told = told;
  }

  /** Tells whose rank is not the one told before; returns what is told now. */
  async #lookAt(roomId: string, told: Told): Promise<Told> {
    const { hub, redis } = this.#options;
    const watching = byUser(hub.membersIn(rooms.tradeRoom(roomId)));
    const userIds = [...watching.keys()];
    const now = new Map<string, number>();
    for (let from = 0; from < userIds.length; from += MEMBERS_AT_ONCE) {
      const some = userIds.slice(from, from + MEMBERS_AT_ONCE);
      const ranks = await ranksOf(redis, roomId, some);
      const changed: string[] = [];
      for (const [at, userId] of some.entries()) {
        const rank = ranks[at] ?? null;
        if (rank === null) continue;
        const members = watching.get(userId)!;
        for (const { id } of members) now.set(id, rank);
        if (members.some(({ id }) => told.get(id) !== rank)) changed.push(userId);
      }
      for (const row of await rowsOf(redis, roomId, changed)) {
        this.#tell(roomId, row, watching.get(row.userId)!, { told, now });
      }
    }
    return now;
  }

  #tell(
    roomId: string,
    row: LeaderboardRow,
    members: readonly Member[],
    { told, now }: { readonly told: Told; readonly now: Map<string, number> },
  ): void {
    const timestamp = new Date(this.#options.nowMs()).toISOString();
    for (const member of members) {
      const previousRank = told.get(member.id) ?? null;
      now.set(member.id, row.rank); // The row may be newer than the rank.
      if (previousRank === row.rank) continue;
      this.#options.hub.send(member, [
        ["leaderboard:own_rank", { timestamp, roomId, row, previousRank }],
      ]);
    }
  }
}

type Told = ReadonlyMap<string, number>;

function byUser(members: readonly Member[]): ReadonlyMap<string, readonly Member[]> {
  const found = new Map<string, Member[]>();
  for (const member of members) {
    if (member.userId === null) continue;
    const own = found.get(member.userId);
    if (own === undefined) found.set(member.userId, [member]);
    else own.push(member);
  }
  return found;
}
