/**
 * The leader's hand on users' state: claims, commits.
 *
 * Promises: P1 and P2 of the architecture, by `commit-outcome.lua`. A commit names the commit it was computed on by
 * token, so a chain of commits of one user may be under way at once: if one is refused, so are all after it.
 */
import { invariant } from "@mirrorbook/kernel";
import { rooms, type Seal, sealText, type UserCommit } from "@mirrorbook/protocol";
import { pairs } from "./fenced-hash.ts";
import { keys, STORE_FIELDS } from "./keys.ts";
import { USER_EVENTS_MAX, USER_JOURNAL_MAX, USER_ORDERS_MAX, USER_TRADES_MAX } from "./limits.ts";
import type { RedisClient } from "./redis.ts";
import type { RoomPackets } from "./room-packets.ts";
import { runScript } from "./scripts.ts";

/** What is written of one user at once. */
export interface UserOutcome extends UserCommit {
  /** Travels with the events to whoever delivers them. */
  readonly traceparent?: string;
}

/** A user's state as stored, without the store's own fields. */
export interface ClaimedUser {
  readonly userId: string;
  /** 0: the user does not exist yet. */
  readonly version: number;
  readonly fields: Readonly<Record<string, string>>;
}

export type ClaimResult =
  | { readonly kind: "claimed"; readonly user: ClaimedUser }
  | { readonly kind: "deposed"; readonly epoch: number };

export type CommitResult =
  | { readonly kind: "committed" }
  /** The state or the log stands elsewhere: another leader wrote, or Redis lost its last writes. Nothing changed. */
  | { readonly kind: "refused"; readonly version: number; readonly token: string };

export class UserWriter {
  readonly #redis: RedisClient;
  readonly #packets: RoomPackets;
  readonly #epoch: number;
  /** Token of the last commit sent, by user: what the next one builds on. */
  readonly #tokens = new Map<string, string>();
  #written = 0;

  constructor(redis: RedisClient, packets: RoomPackets, epoch: number) {
    this.#redis = redis;
    this.#packets = packets;
    this.#epoch = epoch;
  }

  /** Reads users and bars every other writer's way to what was read. @throws when Redis does not answer. */
  async claim(userIds: readonly string[]): Promise<ClaimResult[]> {
    return Promise.all(userIds.map((userId) => this.#claim(userId)));
  }

  /**
   * Writes an outcome. Commits of one user must be sent in order, but need not wait for each other.
   *
   * @throws when Redis does not answer: the outcome is then unknown until the user is claimed again.
   */
  async commit(outcome: UserOutcome): Promise<CommitResult> {
    const { userId } = outcome;
    const base = this.#tokens.get(userId);
    invariant(base !== undefined, "a user is claimed before it is written");
    const token = this.#nextToken();
    this.#tokens.set(userId, token);
    const reply = await runScript(
      this.#redis,
      "commit-outcome",
      keys.userState(userId),
      keys.userEvents(userId),
      keys.userOrders(userId),
      keys.userTrades(userId),
      keys.userJournal(userId),
      ...commitArguments(outcome, base, token, this.#packets),
    );
    const [committed, version, found] = reply as [number, number, string];
    return committed === 1 ? { kind: "committed" } : { kind: "refused", version, token: found };
  }

  /** Forgets a user that will be claimed again before its next commit. */
  forget(userId: string): void {
    this.#tokens.delete(userId);
  }

  async #claim(userId: string): Promise<ClaimResult> {
    const token = this.#nextToken();
    const key = keys.userState(userId);
    const reply = await runScript(this.#redis, "claim-user", key, this.#epoch, token);
    const [claimed, ...rest] = reply as [number, ...(string | number)[]];
    if (claimed === 0) return { kind: "deposed", epoch: Number(rest[0]) };
    this.#tokens.set(userId, token);
    const fields = pairs(rest as string[]);
    const version = Number(fields.version ?? 0);
    for (const field of STORE_FIELDS) delete fields[field];
    return { kind: "claimed", user: { userId, version, fields } };
  }

  #nextToken(): string {
    this.#written += 1;
    return `${this.#epoch}.${this.#written}`;
  }
}

function commitArguments(
  outcome: UserOutcome,
  base: string,
  token: string,
  packets: RoomPackets,
): (string | number)[] {
  const { changes, events, lastSeq, closedOrders, trades, postings } = outcome;
  const texts = events.map((event) => JSON.stringify(event));
  const { channel, before, after } = packets.template(rooms.user(outcome.userId));
  const seq = lastSeq + events.length;
  const list: (string | number)[] = [
    outcome.version,
    base,
    lastSeq,
    seq,
    channel,
    texts.length === 0 ? "" : `${before}${sealText(sealOf(outcome, texts))},`,
    after,
    USER_EVENTS_MAX,
    USER_ORDERS_MAX,
    USER_TRADES_MAX,
    USER_JOURNAL_MAX,
    texts.length === 0 ? "" : `[${texts.join(",")}]`,
    arrayText(closedOrders),
    arrayText(trades),
    arrayText(postings),
  ];
  const setsAt = list.push(0) - 1;
  list.push("version", outcome.version + 1, "commit", token, "seq", seq);
  let sets = STORE_FIELDS.length;
  for (const [field, value] of changes) {
    if (value === null) continue;
    list.push(field, value);
    sets++;
  }
  list[setsAt] = sets;
  for (const [field, value] of changes) if (value === null) list.push(field);
  return list;
}

function sealOf({ lastSeq, events, traceparent }: UserOutcome, texts: readonly string[]): Seal {
  const at = events[0]![1].timestamp;
  const seal = { first: lastSeq + 1, at, bytes: texts.map(byteLength) };
  return traceparent === undefined ? seal : { ...seal, traceparent };
}

const byteLength = (text: string) => Buffer.byteLength(text);

function arrayText(values: readonly unknown[]): string {
  return values.length === 0 ? "" : JSON.stringify(values);
}
