/** The leader's store on Redis. Commits and publications have connections of their own, so neither waits for the other. */
import type { HeldChange } from "@mirrorbook/exchange";
import { rooms } from "@mirrorbook/protocol";
import type { RoomCommit } from "@mirrorbook/rooms";
import {
  announceChanges,
  type ClaimResult,
  closeRedis,
  connectRedis,
  type FencedChanges,
  indexRooms,
  keys,
  Lease,
  marketSeq,
  nextCommands,
  notePoisoned,
  publishAnswers,
  publishBook,
  publishHeartbeat,
  publishMarketEvents,
  type RedisClient,
  type RedisConfig,
  RoomPackets,
  RoomWriter,
  readAndRaise,
  readBookView,
  readCursor,
  readPoisoned,
  redisReady,
  saveCursor,
  serverTimeMs,
  UserWriter,
  writeFenced,
  writeMarkets,
} from "@mirrorbook/store";
import type { BroadcastStore, LeaderStore, RoomStore, TermStore } from "./ports.ts";

const READY_WITHIN_MS = 10_000;
/** Users claimed in one go at a takeover. */
const CLAIMS_PER_CALL_MAX = 1_000;

export interface RedisStoreOptions {
  readonly redis: RedisConfig;
  readonly node: string;
  readonly leaseTtlMs: number;
  readonly onError: (error: Error) => void;
}

export class RedisLeaderStore implements LeaderStore {
  readonly #options: RedisStoreOptions;
  /** Lease and commits. */
  readonly #commits: RedisClient;
  /** An answer does not queue behind the commits of later batches. */
  readonly #answers: RedisClient;
  readonly #broadcasts: RedisClient;
  readonly #commands: RedisClient;
  readonly #packets = new RoomPackets();

  constructor(options: RedisStoreOptions) {
    const { redis, node, onError } = options;
    const named = (name: string) => ({ name: `${node}:${name}`, onError });
    this.#options = options;
    this.#commits = connectRedis(redis, "command", named("commits"));
    this.#answers = connectRedis(redis, "command", named("answers"));
    this.#broadcasts = connectRedis(redis, "command", named("broadcasts"));
    this.#commands = connectRedis(redis, "blocking", named("commands"));
  }

  /** Settles when Redis is there. @throws when it is not within 10 s. */
  async ready(): Promise<void> {
    await Promise.all(this.#clients().map((client) => redisReady(client, READY_WITHIN_MS)));
  }

  get connected(): boolean {
    return this.#commits.status === "ready";
  }

  /** Not while one of its connections is down: a leader that cannot be heard is no leader. */
  async acquireLease(): Promise<Lease | null> {
    if (this.#clients().some(({ status }) => status !== "ready")) return null;
    const { node, leaseTtlMs } = this.#options;
    return Lease.acquire(this.#commits, { node, ttlMs: leaseTtlMs });
  }

  openTerm(epoch: number): TermStore {
    const broadcast = new RedisBroadcastStore(
      this.#broadcasts,
      this.#packets,
      this.#options.node,
      epoch,
    );
    return new RedisTermStore({
      redis: this.#commits,
      answers: this.#answers,
      commands: this.#commands,
      packets: this.#packets,
      epoch,
      broadcast,
    });
  }

  close(): void {
    for (const client of this.#clients()) closeRedis(client);
  }

  #clients(): RedisClient[] {
    return [this.#commits, this.#answers, this.#broadcasts, this.#commands];
  }
}

class RedisTermStore implements TermStore {
  readonly broadcast: BroadcastStore;
  readonly rooms: RoomStore;
  readonly #redis: RedisClient;
  readonly #answers: RedisClient;
  readonly #commands: RedisClient;
  readonly #epoch: number;
  readonly #writer: UserWriter;

  constructor(parts: {
    readonly redis: RedisClient;
    readonly answers: RedisClient;
    readonly commands: RedisClient;
    readonly packets: RoomPackets;
    readonly epoch: number;
    readonly broadcast: BroadcastStore;
  }) {
    const { redis, answers, commands, packets, epoch, broadcast } = parts;
    this.broadcast = broadcast;
    this.rooms = new RedisRoomStore(redis, new RoomWriter(redis, packets, epoch));
    this.#redis = redis;
    this.#answers = answers;
    this.#commands = commands;
    this.#epoch = epoch;
    this.#writer = new UserWriter(redis, packets, epoch);
  }

  readonly readCursor = () => readCursor(this.#redis);
  readonly saveCursor = (cursor: string) => saveCursor(this.#redis, cursor);
  readonly nextCommands = (cursor: string, blockMs: number) =>
    nextCommands(this.#commands, cursor, blockMs);
  readonly readPoisoned = () => readPoisoned(this.#redis);
  readonly notePoisoned = (id: string, reason: string) => notePoisoned(this.#redis, id, reason);
  readonly serverTimeMs = () => serverTimeMs(this.#redis);
  readonly answer = (replies: Parameters<TermStore["answer"]>[0]) =>
    publishAnswers(this.#answers, replies);
  readonly commit = (commit: Parameters<TermStore["commit"]>[0]) => this.#writer.commit(commit);
  readonly forgetUser = (userId: string) => this.#writer.forget(userId);

  async takeHeld(symbol: string): ReturnType<TermStore["takeHeld"]> {
    const read = await readAndRaise(this.#redis, keys.marketHeld(symbol), this.#epoch);
    if (read.kind === "deposed") return { kind: "deposed" };
    const held = Object.entries(read.fields).map(([field, size]) => parseHeld(symbol, field, size));
    return { kind: "taken", held };
  }

  async takeOpenOrders(): ReturnType<TermStore["takeOpenOrders"]> {
    const read = await readAndRaise(this.#redis, keys.openOrders, this.#epoch);
    if (read.kind === "deposed") return { kind: "deposed" };
    return { kind: "taken", userIds: Object.keys(read.fields) };
  }

  async claimUsers(userIds: readonly string[]): ReturnType<TermStore["claimUsers"]> {
    const results: ClaimResult[] = [];
    for (let from = 0; from < userIds.length; from += CLAIMS_PER_CALL_MAX) {
      const some = userIds.slice(from, from + CLAIMS_PER_CALL_MAX);
      results.push(...(await this.#writer.claim(some)));
    }
    if (results.some(({ kind }) => kind === "deposed")) return { kind: "deposed" };
    const users = results.flatMap((result) => (result.kind === "claimed" ? [result.user] : []));
    return { kind: "claimed", users };
  }

  async writeHeld(changes: readonly HeldChange[]): ReturnType<TermStore["writeHeld"]> {
    const bySymbol = new Map<string, Map<string, string | null>>();
    for (const change of changes) {
      const fields = bySymbol.get(change.symbol) ?? new Map<string, string | null>();
      bySymbol.set(change.symbol, fields);
      fields.set(heldField(change), isZero(change.size) ? null : change.size);
    }
    const writes = Array.from(bySymbol, ([symbol, fields]) =>
      this.#write(keys.marketHeld(symbol), fields),
    );
    const results = await Promise.all(writes);
    return results.find(({ kind }) => kind === "deposed") ?? { kind: "written" };
  }

  writeOpenOrders(changes: ReadonlyMap<string, boolean>): ReturnType<TermStore["writeOpenOrders"]> {
    const fields = Array.from(changes, ([userId, open]) => [userId, open ? "1" : null] as const);
    return this.#write(keys.openOrders, new Map(fields));
  }

  #write(key: string, changes: FencedChanges) {
    return writeFenced(this.#redis, key, this.#epoch, changes);
  }
}

class RedisRoomStore implements RoomStore {
  readonly #redis: RedisClient;
  readonly #writer: RoomWriter;

  constructor(redis: RedisClient, writer: RoomWriter) {
    this.#redis = redis;
    this.#writer = writer;
  }

  readonly commit = (commit: RoomCommit) => this.#writer.commit(commit);
  readonly forget = (roomId: string) => this.#writer.forget(roomId);

  async claim(roomIds: readonly string[]): ReturnType<RoomStore["claim"]> {
    const results = await Promise.all(roomIds.map((roomId) => this.#writer.claim(roomId)));
    if (results.some(({ kind }) => kind === "deposed")) return { kind: "deposed" };
    const rooms = results.flatMap((result) => (result.kind === "claimed" ? [result.room] : []));
    return { kind: "claimed", rooms };
  }

  async announce(...[rooms, changes]: Parameters<RoomStore["announce"]>): Promise<void> {
    const created = rooms.filter(({ version }) => version === 0);
    await Promise.all([indexRooms(this.#redis, created), announceChanges(this.#redis, changes)]);
  }
}

class RedisBroadcastStore implements BroadcastStore {
  readonly #redis: RedisClient;
  readonly #packets: RoomPackets;
  readonly #node: string;
  readonly #epoch: number;
  /** Whether anybody is in the monitors' room, as of the last heartbeat. */
  #monitored = false;

  constructor(redis: RedisClient, packets: RoomPackets, node: string, epoch: number) {
    this.#redis = redis;
    this.#packets = packets;
    this.#node = node;
    this.#epoch = epoch;
  }

  readonly lastBookView: BroadcastStore["lastBookView"] = (symbol, depth) =>
    readBookView(this.#redis, symbol, depth);
  readonly lastSeq: BroadcastStore["lastSeq"] = (stream, symbol) =>
    marketSeq(this.#redis, stream, symbol);
  readonly publishBook: BroadcastStore["publishBook"] = (view, update) =>
    publishBook(this.#redis, this.#packets, view, update);
  readonly publishEvents: BroadcastStore["publishEvents"] = (stream, symbol, lastSeq, events) =>
    publishMarketEvents(this.#redis, this.#packets, stream, symbol, lastSeq, events);
  readonly writeMarkets: BroadcastStore["writeMarkets"] = (markets) =>
    writeMarkets(this.#redis, markets);

  async heartbeat(beat: number, symbols: readonly string[]): Promise<void> {
    const timestamp = new Date().toISOString();
    const heartbeat = { node: this.#node, epoch: this.#epoch, beat, timestamp };
    const [monitors] = await Promise.all([
      // An empty batch tells by its number of receivers whether monitors are there.
      this.#toMonitors([]),
      publishHeartbeat(this.#redis, this.#packets, heartbeat, symbols),
    ]);
    this.#monitored = monitors > 0;
  }

  async monitor(commits: Parameters<BroadcastStore["monitor"]>[0]): Promise<void> {
    if (!this.#monitored) return;
    const texts = commits.flatMap(({ userId, events }) =>
      events.map(([name, payload]) => JSON.stringify([name, { ...payload, userId }])),
    );
    await this.#toMonitors(texts);
  }

  async #toMonitors(events: readonly string[]): Promise<number> {
    const { channel, message } = this.#packets.packet(rooms.monitor(), events);
    return Number(await this.#redis.spublish(channel, message));
  }
}

/** `<scope>/<side>/<price>`; no part can contain a slash. */
function heldField({ scope, side, price }: HeldChange): string {
  return `${scope}/${side}/${price}`;
}

function parseHeld(symbol: string, field: string, size: string): HeldChange {
  const [scope, side, price] = field.split("/") as [string, HeldChange["side"], string];
  return { symbol, scope, side, price, size };
}

function isZero(size: string): boolean {
  return !/[1-9]/.test(size);
}
