/**
 * The live leaderboard beside a naive twin: a real exchange makes random fills, a real Redis holds what they come to, and
 * after each tick the board in Redis must be what the twin counts from the fills alone.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Exchange, MAIN_SETTINGS } from "@mirrorbook/exchange";
import { Amount, type Lots, type Ticks } from "@mirrorbook/kernel";
import {
  accountOfRoom,
  type CommandBody,
  type LeaderboardRow,
  type RoomCore,
  RoomMetric,
  RoomRules,
  roomField,
  type Trade,
  type UserCommit,
} from "@mirrorbook/protocol";
import { parseMarks } from "@mirrorbook/rooms";
import {
  announceChanges,
  closeRedis,
  connectRedis,
  keys,
  type RedisClient,
  RoomPackets,
  readBoard,
  readRoomEvents,
} from "@mirrorbook/store";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import { marketSpec } from "@mirrorbook/testkit/market-spec";
import { randomNumbers } from "@mirrorbook/testkit/random";
import { Board } from "../src/board.ts";
import { Members } from "../src/members.ts";
import { NaiveBoard, type NaiveRow } from "./naive-board.ts";

const ROOM = "cup";
const ACCOUNT = accountOfRoom(ROOM);
const CASH = "100000";
const SPECS = [
  marketSpec(),
  marketSpec({ symbol: "ETHUSDT", pair: "SIM_ETH/SIM_USD", base: "SIM_ETH" }),
];
const ASSETS = new Map(SPECS.map(({ symbol, base }) => [symbol, base]));
const FROM_MS = Date.UTC(2026, 6, 1);
const TICKS = 40;
const TICK_MS = 1_000;
const TRADERS = ["ann", "bob", "cleo", "dave", "eve", "finn"];
/** Never trade, so that ties have to be broken. */
const IDLE = ["zoe", "yan"];

let server: RedisServer;
let redis: RedisClient;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ kind: "server", url: server.url }, "jobs");
});
afterAll(async () => {
  closeRedis(redis);
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await redis.flushall();
});

/** Users who trade at random in one room, their states in Redis as the leader would leave them. */
class TradingRoom {
  readonly joined = new Set<string>();
  readonly #exchange = new Exchange({
    startingBalance: CASH,
    makerFeeRate: "0.0005",
    takerFeeRate: "0.001",
  });
  readonly #twin: NaiveBoard;
  readonly #random: () => number;
  readonly #core: RoomCore;
  readonly #mid = new Map(SPECS.map(({ symbol }, index) => [symbol, 10_000 * (index + 1)]));
  #atMs = FROM_MS;
  #updates = 0;
  #commands = 0;
  #version = 0;

  constructor(metric: RoomMetric, twin: NaiveBoard, random: () => number) {
    this.#twin = twin;
    this.#random = random;
    const markets = SPECS.map(({ symbol }) => symbol);
    const rules = RoomRules.parse({ name: "Cup", markets, metric, snapshotEveryMs: TICK_MS });
    this.#core = {
      id: ROOM,
      ownerId: "ann",
      status: "running",
      rules,
      code: null,
      members: 0,
      createdAtMs: FROM_MS,
      startedAtMs: FROM_MS,
      endsAtMs: null,
      endedAtMs: null,
      marks: null,
      finalHash: null,
      lastCommandId: "0-1",
    };
    for (const spec of SPECS) {
      this.#exchange.apply({ kind: "market", spec, atMs: FROM_MS });
      const { symbol } = spec;
      const live = { status: "live", reason: "test" } as const;
      this.#exchange.apply({ kind: "status", symbol, ...live, atMs: FROM_MS });
    }
  }

  get atMs(): number {
    return this.#atMs;
  }

  get bids(): Record<string, string> {
    return Object.fromEntries(
      SPECS.map(({ symbol }) => [symbol, this.#exchange.bestBid(symbol)!] as const),
    );
  }

  async join(userId: string): Promise<void> {
    const settings = { ...MAIN_SETTINGS, heldScope: "account" } as const;
    this.#exchange.loadUser({ userId, version: 0, fields: {} });
    await this.#send(userId, {
      type: "account:open_portfolio",
      account: ACCOUNT,
      startingBalance: CASH,
      settings,
    });
    this.joined.add(userId);
    this.#twin.join(userId);
    await this.#seat(userId, "joined");
  }

  async leave(userId: string): Promise<void> {
    this.joined.delete(userId);
    this.#twin.leave(userId);
    await this.#seat(userId, "left");
  }

  /** A second goes by: both markets move, what crosses fills, and some members trade. */
  async second(): Promise<void> {
    this.#atMs += TICK_MS;
    for (const { symbol } of SPECS) await this.#move(symbol);
    for (const userId of TRADERS) {
      if (!this.joined.has(userId) || this.#random() < 0.4) continue;
      await this.#send(userId, { type: "order:place", order: this.#order(userId) });
    }
  }

  async #move(symbol: string): Promise<void> {
    const mid = Math.round(this.#mid.get(symbol)! * (1 + (this.#random() - 0.5) / 20));
    this.#mid.set(symbol, mid);
    const levels = (step: number) =>
      Array.from(
        { length: 5 },
        (_, at) => [(mid + step * (at + 1)) as Ticks, (40_000 + at * 10_000) as Lots] as const,
      );
    const snapshot = {
      symbol,
      lastUpdateId: ++this.#updates,
      bids: levels(-1),
      asks: levels(1),
    };
    const outcome = this.#exchange.apply({ kind: "snapshot", snapshot, atMs: this.#atMs });
    await this.#store(outcome.commits);
  }

  #order(userId: string) {
    const { symbol } = SPECS[this.#random() < 0.5 ? 0 : 1]!;
    const owned = Number(this.#owned(userId, ASSETS.get(symbol)!));
    const side = owned > 0.01 && this.#random() < 0.5 ? "sell" : "buy";
    const most = side === "sell" ? owned : 5;
    const isLimit = this.#random() < 0.4;
    const away = Math.round((this.#random() - 0.5) * 200);
    return {
      account: ACCOUNT,
      symbol,
      side,
      type: isLimit ? "limit" : "market",
      quantity: (0.0001 + this.#random() * (most - 0.0001)).toFixed(4),
      quoteQuantity: null,
      price: isLimit ? ((this.#mid.get(symbol)! + away) / 100).toFixed(2) : null,
      stopPrice: null,
      trailingBps: null,
      timeInForce: isLimit ? "GTC" : "IOC",
      expireAtMs: null,
      postOnly: false,
    } as const;
  }

  #owned(userId: string, asset: string): string {
    const text = this.#exchange.storedUser(userId).fields[`balance/${ACCOUNT}/${asset}`];
    return text === undefined ? "0" : (JSON.parse(text) as { available: string }).available;
  }

  async #send(userId: string, body: CommandBody): Promise<void> {
    const id = `${this.#atMs}-${++this.#commands}`;
    const command = { id, userId, key: id, replyTo: "test", requestId: 0, body };
    const { commits } = this.#exchange.apply({ kind: "command", command, atMs: this.#atMs });
    await this.#store(commits);
  }

  /** As the leader does: announced, then written. The twin hears of the fills alone. */
  async #store(commits: readonly UserCommit[]): Promise<void> {
    for (const { userId, version, changes, events } of commits) {
      await announceChanges(redis, [{ roomId: ROOM, userId, version: version + 1 }]);
      const key = keys.userState(userId);
      for (const [field, value] of changes) {
        if (value === null) await redis.hdel(key, field);
        else await redis.hset(key, field, value);
      }
      await redis.hset(key, "version", String(version + 1));
      for (const [name, payload] of events) {
        if (name === "trade:executed") {
          this.#twin.filled(userId, (payload as { trade: Trade }).trade);
        }
      }
    }
  }

  async #seat(userId: string, status: "joined" | "left"): Promise<void> {
    this.#version += 1;
    const seat = { userId, name: userId, status, joinedAtMs: FROM_MS };
    await redis.hset(keys.roomState(ROOM), {
      core: JSON.stringify(this.#core),
      status: "running",
      version: String(this.#version),
      [roomField.seat(userId)]: JSON.stringify(seat),
    });
  }
}

test.each(RoomMetric.options)(
  "by %s: each tick is what a naive twin counts from the fills",
  async (metric) => {
    const twin = new NaiveBoard(CASH, metric);
    const room = new TradingRoom(
      metric,
      twin,
      randomNumbers(RoomMetric.options.indexOf(metric) + 1),
    );
    for (const userId of [...TRADERS.slice(1), ...IDLE]) await room.join(userId);
    const boardOf = () => {
      const members = new Members(redis, ROOM, ASSETS);
      return new Board({ redis, packets: new RoomPackets(), members });
    };
    let board = boardOf();
    let ranks = new Map<string, number>();
    let told = 0;
    for (let tick = 0; tick < TICKS; tick++) {
      if (tick === 8) await room.join(TRADERS[0]!);
      if (tick === 20) await room.leave(TRADERS[3]!);
      if (tick === 30) board = boardOf(); // Another worker goes on.
      await room.second();
      const result = await board.tick(parseMarks(room.bids), room.atMs);
      const expected = twin.rows(room.bids);
      const rows = await readBoard(redis, ROOM, 0, 100);
      expect(rows.map(shown)).toEqual(expected.map(shown));

      const moved = expected.filter(({ userId, rank }) => ranks.get(userId) !== rank);
      const events = await readRoomEvents(redis, ROOM, "leaderboard", told);
      const changes = events.flatMap(([name, payload]) =>
        name === "leaderboard:ranking_changed" ? [payload.change] : [],
      );
      expect(changes).toEqual(
        moved.map(({ userId, rank }) => {
          return { userId, name: userId, rank, previousRank: ranks.get(userId) ?? null };
        }),
      );
      expect(result).toMatchObject({ members: room.joined.size, moved: moved.length });
      told = events.at(-1)?.[1].seq ?? told;
      ranks = new Map(expected.map(({ userId, rank }) => [userId, rank]));
      twin.snapshot(room.bids);
    }
    expect(ranks.size).toBe(TRADERS.length + IDLE.length - 1);
  },
);

/** What both sides know; profit taken to six decimals, since both round shares of a cost in their own way. */
function shown(row: LeaderboardRow | NaiveRow) {
  const { rank, userId, equity, returnPercent, realizedPnL, maxDrawdownPercent } = row as NaiveRow;
  const realized = new Amount(realizedPnL).toFixed(6);
  return [rank, userId, equity, returnPercent, realized, maxDrawdownPercent];
}
