/**
 * One leader process and its link to Redis. A paused process (SIGSTOP) gets nothing until it goes on, while its clock runs;
 * a killed one gets nothing ever. A link delays, breaks, and can deliver a request long after its sender gave up.
 */
import type { FeedEvent } from "@mirrorbook/binance";
import type { HeldChange, StoredUser, UserCommit } from "@mirrorbook/exchange";
import type {
  BroadcastStore,
  HeldLease,
  LeaderStore,
  Reply,
  RoomStore,
  TermStore,
  Time,
} from "../../src/ports.ts";
import { heldField, type SimRedis } from "./sim-redis.ts";
import type { SimWorld } from "./sim-world.ts";

const TIMEOUT_MS = 1_500;
const LEASE_TTL_MS = 1_500;
const LEASE_MARGIN_MS = 200;
const BATCH_MAX = 16;

interface Call {
  settled: boolean;
  readonly reject: (error: Error) => void;
}

export class SimNode {
  readonly time: Time;
  readonly #world: SimWorld;
  readonly #redis: SimRedis;
  #state: "running" | "paused" | "dead" = "running";
  #inbox: (() => void)[] = [];
  readonly #calls = new Set<Call>();
  /** Requests arrive in order; none before this. */
  #arrivesFromMs = 0;
  #repliesFromMs = 0;
  #feed: ((event: FeedEvent) => void) | null = null;

  constructor(world: SimWorld, redis: SimRedis) {
    this.#world = world;
    this.#redis = redis;
    this.time = {
      nowMs: () => world.wallMs,
      monotonicMs: () => world.monotonicMs,
      after: (ms, task) => {
        let cancelled = false;
        world.after(ms, () => this.deliver(() => cancelled || task()));
        return () => {
          cancelled = true;
        };
      },
    };
  }

  get alive(): boolean {
    return this.#state !== "dead";
  }

  deliver(task: () => void): void {
    if (this.#state === "running") task();
    else if (this.#state === "paused") this.#inbox.push(task);
  }

  pauseFor(ms: number): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.#world.after(ms, () => {
      if (this.#state !== "paused") return;
      this.#state = "running";
      // As after SIGCONT: timers that are due, and what the sockets hold, one by one.
      for (const task of this.#inbox.splice(0)) this.#world.after(0, () => this.deliver(task));
    });
  }

  kill(): void {
    this.#state = "dead";
    this.#inbox = [];
  }

  /** The connection breaks: who waits is told so; what was on its way may still arrive, late, or never. */
  breakLink(): void {
    for (const call of this.#calls) {
      call.settled = true;
      this.deliver(() => call.reject(new Error("Connection is closed.")));
    }
    this.#calls.clear();
    this.#arrivesFromMs = this.#world.monotonicMs;
  }

  readonly startFeed = (onEvent: (event: FeedEvent) => void) => {
    this.#feed = onEvent;
    return { stop: () => {} };
  };

  tell(event: FeedEvent): void {
    this.deliver(() => this.#feed?.(event));
  }

  /** Runs `operation` at Redis and brings its result back. */
  call<T>(operation: () => T): Promise<T> {
    return this.#send((answer) => answer(operation()), TIMEOUT_MS);
  }

  /** A blocking read: answers when there is something, or after `blockMs`. */
  read<T>(operation: () => readonly T[], blockMs: number): Promise<readonly T[]> {
    return this.#send<readonly T[]>((answer) => {
      let waiting = true;
      const attempt = () => {
        if (!waiting) return;
        const found = operation();
        if (found.length === 0) return this.#redis.onCommand(attempt);
        waiting = false;
        answer(found);
      };
      this.#world.after(blockMs, () => {
        if (waiting) answer([]);
        waiting = false;
      });
      attempt();
    }, TIMEOUT_MS + blockMs);
  }

  #send<T>(execute: (answer: (result: T) => void) => void, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const world = this.#world;
      const call: Call = { settled: false, reject };
      this.#calls.add(call);
      const settle = (task: () => void) => {
        if (call.settled) return;
        call.settled = true;
        this.#calls.delete(call);
        task();
      };
      const answer = (result: T) => {
        if (call.settled) return;
        this.#repliesFromMs = Math.max(this.#repliesFromMs, world.monotonicMs + this.#latency());
        world.at(this.#repliesFromMs, () => this.deliver(() => settle(() => resolve(result))));
      };
      const arrive = () => {
        // A request of a broken link is lost, or sits in a buffer and arrives when nobody expects it any more.
        const isLate = call.settled;
        if (!isLate) execute(answer);
        else if (world.random.chance(0.5)) {
          world.after(world.random.between(0, 3_000), () => execute(() => {}));
        }
      };
      this.#arrivesFromMs = Math.max(this.#arrivesFromMs, world.monotonicMs + this.#latency());
      world.at(this.#arrivesFromMs, arrive);
      world.after(timeoutMs, () => {
        if (!call.settled) {
          this.deliver(() => settle(() => reject(new Error("Command timed out"))));
        }
      });
    });
  }

  #latency(): number {
    const { random } = this.#world;
    // Now and then a request hangs past its timeout: it is applied, and nobody hears of it.
    return random.chance(0.001) ? random.between(500, 2_500) : random.between(0.1, 1);
  }

  get store(): LeaderStore {
    return new SimStore(this, this.#redis, this.#world);
  }
}

class SimStore implements LeaderStore {
  readonly #node: SimNode;
  readonly #redis: SimRedis;
  readonly #world: SimWorld;

  constructor(node: SimNode, redis: SimRedis, world: SimWorld) {
    this.#node = node;
    this.#redis = redis;
    this.#world = world;
  }

  async acquireLease(): Promise<HeldLease | null> {
    const [node, redis, world] = [this.#node, this.#redis, this.#world];
    let untilMs = world.monotonicMs + LEASE_TTL_MS - LEASE_MARGIN_MS;
    const epoch = await node.call(() => redis.acquireLease(LEASE_TTL_MS));
    if (epoch === null) return null;
    return {
      epoch,
      held: () => !redis.defences.leaseClock || world.monotonicMs < untilMs,
      renew: async () => {
        const renewedUntilMs = world.monotonicMs + LEASE_TTL_MS - LEASE_MARGIN_MS;
        const kept = await node.call(() => redis.renewLease(epoch, LEASE_TTL_MS));
        untilMs = kept ? Math.max(untilMs, renewedUntilMs) : Number.NEGATIVE_INFINITY;
        return kept;
      },
      release: async () => {
        untilMs = Number.NEGATIVE_INFINITY;
        await node.call(() => redis.releaseLease(epoch));
      },
    };
  }

  openTerm(epoch: number): TermStore {
    return new SimTermStore(this.#node, this.#redis, this.#world, epoch);
  }
}

class SimTermStore implements TermStore {
  readonly broadcast: BroadcastStore = silentBroadcast;
  readonly rooms: RoomStore = noRooms;
  readonly #node: SimNode;
  readonly #redis: SimRedis;
  readonly #world: SimWorld;
  readonly #epoch: number;
  readonly #tokens = new Map<string, string>();
  #written = 0;

  constructor(node: SimNode, redis: SimRedis, world: SimWorld, epoch: number) {
    this.#node = node;
    this.#redis = redis;
    this.#world = world;
    this.#epoch = epoch;
  }

  async takeHeld(symbol: string): ReturnType<TermStore["takeHeld"]> {
    const read = await this.#call(() => this.#redis.raise(`held ${symbol}`, this.#epoch));
    if (read.kind === "deposed") return read;
    const held = Array.from(read.fields, ([field, size]) => {
      const [scope, side, price] = field.split("/") as [string, HeldChange["side"], string];
      return { symbol, scope, side, price, size };
    });
    return { kind: "taken", held };
  }

  async takeOpenOrders(): ReturnType<TermStore["takeOpenOrders"]> {
    const read = await this.#call(() => this.#redis.raise("open-orders", this.#epoch));
    return read.kind === "deposed" ? read : { kind: "taken", userIds: [...read.fields.keys()] };
  }

  async claimUsers(userIds: readonly string[]): ReturnType<TermStore["claimUsers"]> {
    const users: StoredUser[] = [];
    for (const userId of userIds) {
      const token = this.#nextToken();
      const user = await this.#call(() => this.#redis.claim(userId, this.#epoch, token));
      if ("kind" in user) return user;
      this.#tokens.set(userId, token);
      users.push(user);
    }
    return { kind: "claimed", users };
  }

  async writeHeld(changes: readonly HeldChange[]): ReturnType<TermStore["writeHeld"]> {
    const symbols = [...new Set(changes.map(({ symbol }) => symbol))];
    const writes = symbols.map((symbol) => {
      const fields = changes
        .filter((change) => change.symbol === symbol)
        .map((change) => {
          const size = /[1-9]/.test(change.size) ? change.size : null;
          return [heldField(change), size] as const;
        });
      return this.#call(() => this.#redis.writeFenced(`held ${symbol}`, this.#epoch, fields));
    });
    const results = await Promise.all(writes);
    return results.find(({ kind }) => kind === "deposed") ?? { kind: "written" };
  }

  writeOpenOrders(changes: ReadonlyMap<string, boolean>): ReturnType<TermStore["writeOpenOrders"]> {
    const fields = Array.from(changes, ([userId, open]) => [userId, open ? "1" : null] as const);
    return this.#call(() => this.#redis.writeFenced("open-orders", this.#epoch, fields));
  }

  async commit(outcome: UserCommit): ReturnType<TermStore["commit"]> {
    const base = this.#tokens.get(outcome.userId)!;
    const token = this.#nextToken();
    this.#tokens.set(outcome.userId, token);
    const committed = await this.#call(() => this.#redis.commit(outcome, base, token));
    return { kind: committed ? "committed" : "refused" };
  }

  readonly answer = (replies: readonly Reply[]) => this.#call(() => this.#redis.answer(replies));
  readonly forgetUser = (userId: string) => void this.#tokens.delete(userId);
  readonly readCursor = () => this.#call(() => this.#redis.cursor);
  readonly saveCursor = (cursor: string) =>
    this.#call(() => {
      this.#redis.cursor = cursor;
    });
  readonly nextCommands = (cursor: string, blockMs: number) =>
    this.#node.read(() => this.#redis.commandsAfter(cursor, BATCH_MAX), blockMs);
  readonly readPoisoned = () => this.#call(() => new Set(this.#redis.poisoned.keys()));
  readonly notePoisoned = (id: string, reason: string) =>
    this.#call(() => void this.#redis.poisoned.set(id, reason));
  readonly serverTimeMs = () => this.#call(() => this.#world.wallMs);

  #call<T>(operation: () => T): Promise<T> {
    return this.#node.call(operation);
  }

  #nextToken(): string {
    this.#written += 1;
    return `${this.#epoch}.${this.#written}`;
  }
}

/** Publications have tests of their own; here they always succeed. */
/** The simulated lives are without trade rooms. */
const noRooms: RoomStore = {
  claim: async (roomIds) => {
    if (roomIds.length > 0) throw new Error("no room is simulated");
    return { kind: "claimed", rooms: [] };
  },
  announce: async () => {},
  commit: async () => ({ kind: "committed" }),
  forget: () => {},
};

const silentBroadcast: BroadcastStore = {
  lastBookView: async () => null,
  lastSeq: async () => 0,
  publishBook: async () => ({ kind: "published" }),
  publishEvents: async () => ({ kind: "published" }),
  writeMarkets: async () => {},
  heartbeat: async () => {},
  monitor: async () => {},
};
