/** What Redis and our scripts do, in memory: each method is one atomic call. Follows `libs/store/src/scripts`. */
import type { HeldChange, StoredUser, UserCommit } from "@mirrorbook/exchange";
import type { Command, UserEvent } from "@mirrorbook/protocol";
import type { Reply } from "../../src/ports.ts";
import type { SimWorld } from "./sim-world.ts";

/** What keeps leaders apart; a test may switch one off to see it missed. */
export interface Defences {
  /** A commit must name the commit it builds on. */
  readonly commitToken: boolean;
  /** Only the leader that read a fenced hash last may write it. */
  readonly fence: boolean;
  /** A leader stops by its own clock when its lease could have run out. */
  readonly leaseClock: boolean;
  /** Orders say when each attempt at them was sent. */
  readonly sentAt: boolean;
}

export interface SimUser {
  version: number;
  commit: string;
  seq: number;
  readonly fields: Map<string, string>;
  readonly events: UserEvent[];
  readonly outcomes: UserCommit[];
}

interface Fenced {
  epoch: number;
  readonly fields: Map<string, string>;
}

const DEPOSED = { kind: "deposed" } as const;

export class SimRedis {
  readonly users = new Map<string, SimUser>();
  readonly commands: Command[] = [];
  readonly poisoned = new Map<string, string>();
  /** Who waits for answers. */
  readonly waiting = new Map<number, (answer: Reply["answer"]) => void>();
  readonly leases: { epoch: number; atMs: number }[] = [];
  readonly #world: SimWorld;
  readonly #fenced = new Map<string, Fenced>();
  #readers: (() => void)[] = [];
  #lease: { epoch: number; expiresAtMs: number } | null = null;
  #epoch = 0;
  #cursor = "0-0";
  #sequence = 0;

  readonly defences: Defences;

  constructor(world: SimWorld, defences: Partial<Defences> = {}) {
    this.#world = world;
    this.defences = { commitToken: true, fence: true, leaseClock: true, sentAt: true, ...defences };
  }

  acquireLease(ttlMs: number): number | null {
    if (this.#lease !== null && this.#lease.expiresAtMs > this.#world.monotonicMs) return null;
    this.#epoch = Math.max(this.#epoch + 1, this.#world.wallMs);
    this.#lease = { epoch: this.#epoch, expiresAtMs: this.#world.monotonicMs + ttlMs };
    this.leases.push({ epoch: this.#epoch, atMs: this.#world.monotonicMs });
    return this.#epoch;
  }

  renewLease(epoch: number, ttlMs: number): boolean {
    const lease = this.#lease;
    if (lease?.epoch !== epoch || lease.expiresAtMs <= this.#world.monotonicMs) return false;
    lease.expiresAtMs = this.#world.monotonicMs + ttlMs;
    return true;
  }

  releaseLease(epoch: number): void {
    if (this.#lease?.epoch === epoch) this.#lease = null;
  }

  raise(
    key: string,
    epoch: number,
  ): { kind: "read"; fields: Map<string, string> } | typeof DEPOSED {
    const hash = this.#hash(key);
    if (hash.epoch > epoch) return DEPOSED;
    hash.epoch = epoch;
    return { kind: "read", fields: new Map(hash.fields) };
  }

  writeFenced(key: string, epoch: number, changes: Iterable<readonly [string, string | null]>) {
    const hash = this.#hash(key);
    if (this.defences.fence && hash.epoch !== epoch) return DEPOSED;
    for (const [field, value] of changes) {
      if (value === null) hash.fields.delete(field);
      else hash.fields.set(field, value);
    }
    return { kind: "written" } as const;
  }

  claim(userId: string, epoch: number, token: string): StoredUser | typeof DEPOSED {
    const user = this.#user(userId);
    if (Number(user.commit.split(".")[0]) > epoch) return DEPOSED;
    user.commit = token;
    return { userId, version: user.version, fields: Object.fromEntries(user.fields) };
  }

  commit(outcome: UserCommit, base: string, token: string): boolean {
    const user = this.#user(outcome.userId);
    if (user.version !== outcome.version) return false;
    if (this.defences.commitToken && user.commit !== base) return false;
    if (outcome.events.length > 0 && user.seq !== outcome.lastSeq) return false;
    for (const [field, value] of outcome.changes) {
      if (value === null) user.fields.delete(field);
      else user.fields.set(field, value);
    }
    user.version += 1;
    user.commit = token;
    user.seq = outcome.lastSeq + outcome.events.length;
    user.events.push(...outcome.events);
    user.outcomes.push(outcome);
    return true;
  }

  append(command: Pick<Command, "userId" | "key" | "requestId" | "body" | "sentAtMs">): void {
    const id = `${this.#world.wallMs}-${this.#sequence++}`;
    this.commands.push({ id, replyTo: "gateway", ...command });
    for (const wake of this.#readers.splice(0)) wake();
  }

  commandsAfter(cursor: string, max: number): Command[] {
    const from = this.commands.findLastIndex(({ id }) => !isAfter(id, cursor)) + 1;
    return this.commands.slice(from, from + max);
  }

  /** Calls `wake` once, at the next command. */
  onCommand(wake: () => void): void {
    this.#readers.push(wake);
  }

  answer(replies: readonly Reply[]): void {
    for (const { requestId, answer } of replies) this.waiting.get(requestId)?.(answer);
  }

  get cursor(): string {
    return this.#cursor;
  }

  set cursor(cursor: string) {
    this.#cursor = cursor;
  }

  held(symbol: string): ReadonlyMap<string, string> {
    return this.#hash(`held ${symbol}`).fields;
  }

  #hash(key: string): Fenced {
    const hash = this.#fenced.get(key) ?? { epoch: 0, fields: new Map() };
    this.#fenced.set(key, hash);
    return hash;
  }

  #user(userId: string): SimUser {
    const fresh = (): SimUser => ({
      version: 0,
      commit: "",
      seq: 0,
      fields: new Map(),
      events: [],
      outcomes: [],
    });
    const user = this.users.get(userId) ?? fresh();
    this.users.set(userId, user);
    return user;
  }
}

export function heldField({ scope, side, price }: HeldChange): string {
  return `${scope}/${side}/${price}`;
}

function isAfter(id: string, cursor: string): boolean {
  const [ms, n] = id.split("-").map(Number) as [number, number];
  const [cursorMs, cursorN] = cursor.split("-").map(Number) as [number, number];
  return ms > cursorMs || (ms === cursorMs && n > cursorN);
}
