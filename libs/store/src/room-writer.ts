/** What a leader writes of trade rooms, fenced as `user-writer.ts` fences users: by version and commit token. */
import { invariant } from "@mirrorbook/kernel";
import { type FieldChange, type RoomEvent, rooms } from "@mirrorbook/protocol";
import { keys, STORE_FIELDS } from "./keys.ts";
import { ROOM_CHANGES_MAX, ROOM_EVENTS_MAX } from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import type { RoomPackets } from "./room-packets.ts";
import { runScript } from "./scripts.ts";
import type { CommitResult } from "./user-writer.ts";

/** What is written of one room at once; the rooms library's `RoomCommit` is one. */
export interface RoomOutcomeToWrite {
  readonly roomId: string;
  /** Number of commits before this one. */
  readonly version: number;
  readonly lastSeq: number;
  readonly changes: readonly FieldChange[];
  readonly events: readonly RoomEvent[];
}

export interface ClaimedRoom {
  readonly roomId: string;
  /** 0: the room does not exist yet. */
  readonly version: number;
  readonly seq: number;
  readonly fields: Readonly<Record<string, string>>;
}

export type RoomClaimResult =
  | { readonly kind: "claimed"; readonly room: ClaimedRoom }
  | { readonly kind: "deposed"; readonly epoch: number };

export class RoomWriter {
  readonly #redis: RedisClient;
  readonly #packets: RoomPackets;
  readonly #epoch: number;
  /** Token of the last commit sent, by room: what the next one builds on. */
  readonly #tokens = new Map<string, string>();
  #written = 0;

  constructor(redis: RedisClient, packets: RoomPackets, epoch: number) {
    this.#redis = redis;
    this.#packets = packets;
    this.#epoch = epoch;
  }

  /** Reads a room and bars every other writer's way to what was read. @throws when Redis does not answer. */
  async claim(roomId: string): Promise<RoomClaimResult> {
    const token = this.#nextToken();
    const reply = await runScript(
      this.#redis,
      "claim-user",
      keys.roomState(roomId),
      this.#epoch,
      token,
    );
    const [claimed, ...rest] = reply as [number, ...(string | number)[]];
    if (claimed === 0) return { kind: "deposed", epoch: Number(rest[0]) };
    this.#tokens.set(roomId, token);
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < rest.length; i += 2) fields[String(rest[i])] = String(rest[i + 1]);
    const version = Number(fields.version ?? 0);
    const seq = Number(fields.seq ?? 0);
    for (const field of STORE_FIELDS) delete fields[field];
    return { kind: "claimed", room: { roomId, version, seq, fields } };
  }

  /** Writes an outcome, as `UserWriter.commit`. @throws when Redis does not answer. */
  async commit(outcome: RoomOutcomeToWrite): Promise<CommitResult> {
    const { roomId, version, lastSeq, changes, events } = outcome;
    const base = this.#tokens.get(roomId);
    invariant(base !== undefined, "a room is claimed before it is written");
    const token = this.#nextToken();
    this.#tokens.set(roomId, token);
    const sets = changes.filter(([, value]) => value !== null) as [string, string][];
    const deletes = changes.filter(([, value]) => value === null).map(([field]) => field);
    const { channel, before, after } = this.#packets.template(rooms.tradeRoom(roomId));
    const reply = await runScript(
      this.#redis,
      "commit-room",
      keys.roomState(roomId),
      keys.roomEvents(roomId),
      version,
      base,
      token,
      lastSeq,
      channel,
      before,
      after,
      ROOM_EVENTS_MAX,
      sets.length,
      deletes.length,
      events.length,
      ...sets.flat(),
      ...deletes,
      ...events.map((event) => JSON.stringify(event)),
    );
    const [committed, found, foundToken] = reply as [number, number, string];
    if (committed === 1) return { kind: "committed" };
    return { kind: "refused", version: found, token: foundToken };
  }

  /** Forgets a room that will be claimed again before its next commit. */
  forget(roomId: string): void {
    this.#tokens.delete(roomId);
  }

  #nextToken(): string {
    this.#written += 1;
    return `${this.#epoch}.r${this.#written}`;
  }
}

/** Puts rooms on the list of all rooms. A room that is there keeps its place. */
export async function indexRooms(
  redis: RedisClient,
  created: readonly { readonly roomId: string; readonly createdAtMs: number }[],
): Promise<void> {
  const pairs = created.flatMap(({ roomId, createdAtMs }) => [createdAtMs, roomId]);
  if (pairs.length > 0) await redis.zadd(keys.rooms, "NX", ...pairs);
}

/** A commit to come that changes what a member's portfolio in a room is worth. */
export interface PortfolioChange {
  readonly roomId: string;
  readonly userId: string;
  /** Of the user's state once the commit is there. */
  readonly version: number;
}

/** Tells readers of rooms which portfolios to look at. To be confirmed before the commits are sent. */
export async function announceChanges(
  redis: RedisClient,
  changes: readonly PortfolioChange[],
): Promise<void> {
  await Promise.all(
    changes.map(({ roomId, userId, version }) =>
      redis.xadd(
        keys.roomChanges(roomId),
        "MAXLEN",
        "~",
        ROOM_CHANGES_MAX,
        "*",
        "u",
        userId,
        "v",
        String(version),
      ),
    ),
  );
}
