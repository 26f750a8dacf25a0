/**
 * What there is to do for trade rooms. Each piece of work looks at the room as it is and asks for what is missing, so
 * doing it twice, late, or on two workers comes to the same; the jobs that call it carry no truth of their own.
 */
import { AppError, type Clock } from "@mirrorbook/kernel";
import { ROOM_SYSTEM, type RoomCore } from "@mirrorbook/protocol";
import { type Marks, parseMarks } from "@mirrorbook/rooms";
import {
  allRoomIds,
  type CommandDesk,
  lastEvent,
  type RedisClient,
  type RoomPackets,
  readMarkets,
  readRoomCore,
} from "@mirrorbook/store";
import type { Logger } from "pino";
import { Board, type TickResult } from "./board.ts";
import { Members } from "./members.ts";
import { openingOf, settleRoom } from "./settlement.ts";

export interface RoomsWorkDeps {
  readonly redis: RedisClient;
  readonly packets: RoomPackets;
  readonly desk: CommandDesk;
  readonly clock: Clock;
  /** One room was ranked; `null`: another worker was faster. */
  readonly onTick: (result: TickResult | null, tookMs: number) => void;
  readonly log: Logger;
}

/** Something a room needs at a time. */
export interface Due {
  readonly roomId: string;
  readonly work: "start" | "end" | "settle" | "cancel";
  readonly atMs: number;
}

export class RoomsWork {
  readonly #deps: RoomsWorkDeps;
  readonly #boards = new Map<string, { readonly members: Members; readonly board: Board }>();
  /** Rooms that need nothing ever again. */
  readonly #ended = new Set<string>();
  #running: readonly string[] = [];

  constructor(deps: RoomsWorkDeps) {
    this.#deps = deps;
  }

  /** Running rooms that are in memory here. */
  get boards(): number {
    return this.#boards.size;
  }

  /** What all rooms need, from their state alone. */
  async due(): Promise<readonly Due[]> {
    const { redis, clock } = this.#deps;
    const roomIds = (await allRoomIds(redis)).filter((roomId) => !this.#ended.has(roomId));
    const cores = await Promise.all(roomIds.map((roomId) => readRoomCore(redis, roomId)));
    const known = cores.filter((core) => core !== null);
    for (const { id, status } of known) if (status === "ended") this.#ended.add(id);
    this.#running = known.filter(({ status }) => status === "running").map(({ id }) => id);
    return known.flatMap((core) => dueOf(core, clock.nowMs()));
  }

  /** Does what a room needs now, if it still does. @throws what a later attempt may overcome. */
  async carryOut(roomId: string): Promise<void> {
    const { redis, clock } = this.#deps;
    const core = await readRoomCore(redis, roomId);
    if (core === null) return;
    const nowMs = clock.nowMs();
    for (const { work, atMs } of dueOf(core, nowMs)) {
      if (atMs > nowMs) continue;
      if (work === "settle") await settleRoom(await this.#settlement(), roomId);
      else await this.#move(core, work, nowMs);
    }
  }

  /** Ranks every room that runs. */
  async tickAll(): Promise<void> {
    await this.due();
    for (const roomId of this.#boards.keys()) {
      if (!this.#running.includes(roomId)) this.#boards.delete(roomId);
    }
    const marks = await this.#marks();
    for (const roomId of this.#running) await this.tick(roomId, marks);
  }

  async tick(roomId: string, marks: Marks): Promise<TickResult | null> {
    const { clock, log, onTick } = this.#deps;
    const known = this.#boards.get(roomId) ?? (await this.#open(roomId));
    this.#boards.set(roomId, known);
    const startedAtMs = clock.monotonicMs();
    const result = await known.board.tick(marks, clock.nowMs());
    const tookMs = clock.monotonicMs() - startedAtMs;
    onTick(result, tookMs);
    if (result !== null) log.debug({ roomId, ...result, tookMs }, "Ranked a room");
    await this.#openMissing(known.members);
    return result;
  }

  async #open(roomId: string) {
    const { redis, packets } = this.#deps;
    const core = await readRoomCore(redis, roomId);
    const all = await this.#assets();
    const assets = new Map([...all].filter(([symbol]) => core?.rules.markets.includes(symbol)));
    const members = new Members(redis, roomId, assets);
    return { members, board: new Board({ redis, packets, members }) };
  }

  /** A seat whose portfolio was never opened gets it now (ADR 0011). */
  async #openMissing(members: Members): Promise<void> {
    const { core, roomId, seats } = members;
    for (const { userId } of seats) {
      if (members.holdings(userId) !== undefined) continue;
      await this.#deps.desk.submit(userId, `open-${roomId}`, openingOf(core!));
    }
  }

  async #move(core: RoomCore, work: "start" | "end" | "cancel", nowMs: number): Promise<void> {
    const isTooLate = work === "start" && (core.rules.endsAtMs ?? Infinity) <= nowMs;
    const type = isTooLate ? "room:cancel" : (`room:${work}` as const);
    const key = `${type.slice("room:".length)}-${core.id}`;
    const answer = await this.#deps.desk.submit(ROOM_SYSTEM, key, { type, roomId: core.id });
    if (!answer.ok && answer.error.retry)
      throw new AppError(answer.error.code, answer.error.message);
  }

  async #settlement() {
    const { redis, packets, desk } = this.#deps;
    return { redis, packets, desk, assets: await this.#assets() };
  }

  /** Base asset by symbol. */
  async #assets(): Promise<ReadonlyMap<string, string>> {
    const markets = await readMarkets(this.#deps.redis);
    return new Map(markets.map(({ symbol, base }) => [symbol, base]));
  }

  /** Best bids as last told. */
  async #marks(): Promise<Marks> {
    const { redis } = this.#deps;
    const symbols = [...(await this.#assets()).keys()];
    const prices = await Promise.all(
      symbols.map((symbol) => lastEvent(redis, symbol, "price:update")),
    );
    const bids: Record<string, string> = {};
    for (const price of prices) {
      if (price?.bid != null) bids[price.symbol] = price.bid;
    }
    return parseMarks(bids);
  }
}

/** A room that nobody starts is given up after a month. */
const UNSTARTED_KEPT_MS = 30 * 24 * 3_600_000;

function dueOf({ id, status, rules, endsAtMs, createdAtMs }: RoomCore, nowMs: number): Due[] {
  if (status === "settling") return [{ roomId: id, work: "settle", atMs: nowMs }];
  if (status === "open" && rules.startsAtMs !== null) {
    return [{ roomId: id, work: "start", atMs: rules.startsAtMs }];
  }
  if (status === "draft" || status === "open") {
    return [{ roomId: id, work: "cancel", atMs: createdAtMs + UNSTARTED_KEPT_MS }];
  }
  if ((status === "running" || status === "paused") && endsAtMs !== null) {
    return [{ roomId: id, work: "end", atMs: endsAtMs }];
  }
  return [];
}
