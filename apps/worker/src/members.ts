/**
 * What the members of one room own, in this worker's memory. Read once in full; from then on only portfolios that the
 * room's stream of changes names. A change is announced before it is committed, so a name stays on the list until the
 * user's state is the announced one. Any worker may hold such a copy: the stream is not consumed.
 */
import type { RoomCore, RoomSeat } from "@mirrorbook/protocol";
import { type Holdings, holdingFields, holdingsOf } from "@mirrorbook/rooms";
import {
  changesCursor,
  type RedisClient,
  readChanges,
  readRoom,
  readRoomHead,
  readUserFields,
} from "@mirrorbook/store";

/** Portfolios read in one go. */
const READS_AT_ONCE = 1_000;
const CHANGES_PER_READ_MAX = 5_000;

export class Members {
  readonly roomId: string;
  readonly #redis: RedisClient;
  /** Base asset by symbol. */
  readonly #assets: ReadonlyMap<string, string>;
  readonly #holdings = new Map<string, Holdings>();
  /** Versions announced and not seen yet, by user. */
  readonly #awaited = new Map<string, number>();
  #core: RoomCore | null = null;
  #seats: readonly RoomSeat[] = [];
  #roomVersion = -1;
  #cursor: string | null = null;

  constructor(redis: RedisClient, roomId: string, assets: ReadonlyMap<string, string>) {
    this.#redis = redis;
    this.roomId = roomId;
    this.#assets = assets;
  }

  get core(): RoomCore | null {
    return this.#core;
  }

  /** Those who are in, in no order. */
  get seats(): readonly RoomSeat[] {
    return this.#seats;
  }

  holdings(userId: string): Holdings | undefined {
    return this.#holdings.get(userId);
  }

  /** Brings the copy up to date. @throws when Redis does not answer. */
  async refresh(): Promise<void> {
    await this.#readRoom();
    if (this.#cursor === null) await this.#readAll();
    await this.#readChanged();
  }

  /** Reads every portfolio anew. */
  async #readAll(): Promise<void> {
    const cursor = await changesCursor(this.#redis, this.roomId);
    this.#holdings.clear();
    await this.#read(this.#seats.map(({ userId }) => userId));
    this.#cursor = cursor;
  }

  async #readRoom(): Promise<void> {
    const { version } = await readRoomHead(this.#redis, this.roomId);
    if (version === this.#roomVersion) return;
    const stored = await readRoom(this.#redis, this.roomId);
    this.#core = stored?.core ?? null;
    this.#seats = (stored?.seats ?? []).filter(({ status }) => status === "joined");
    this.#roomVersion = version; // Read before the rest: at worst the rest is read once more.
    if (this.#cursor === null) return;
    const unread = this.#seats.filter(({ userId }) => !this.#holdings.has(userId));
    await this.#read(unread.map(({ userId }) => userId));
  }

  async #readChanged(): Promise<void> {
    for (;;) {
      const read = await readChanges(this.#redis, this.roomId, this.#cursor!, CHANGES_PER_READ_MAX);
      if (read.lost) return this.#readAll();
      for (const { userId, version } of read.changes) {
        const known = this.#holdings.get(userId)?.version ?? 0;
        const awaited = Math.max(this.#awaited.get(userId) ?? 0, version);
        if (awaited > known) this.#awaited.set(userId, awaited);
      }
      this.#cursor = read.cursor;
      if (read.changes.length < CHANGES_PER_READ_MAX) break;
    }
    await this.#read([...this.#awaited.keys()]);
  }

  async #read(userIds: readonly string[]): Promise<void> {
    const fields = holdingFields(this.roomId, this.#assets);
    for (let from = 0; from < userIds.length; from += READS_AT_ONCE) {
      const some = userIds.slice(from, from + READS_AT_ONCE);
      const states = await Promise.all(some.map((id) => readUserFields(this.#redis, id, fields)));
      for (const [index, userId] of some.entries()) {
        const { version, fields: found } = states[index]!;
        const holdings = holdingsOf(this.roomId, userId, version, found, this.#assets);
        if (holdings !== null) this.#holdings.set(userId, holdings);
        if (version >= (this.#awaited.get(userId) ?? 0)) this.#awaited.delete(userId);
      }
    }
  }
}
