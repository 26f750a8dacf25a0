/**
 * Question: what does a tick of a leaderboard cost a worker, with 10,000 members and five markets moving?
 *
 * Input: a running room of 10,000 members in a real Redis, each with cash and holdings of five assets drawn by a seeded
 * generator. Before every tick all five best bids move, so every equity changes, and 100 members trade: their states are
 * new and announced on the room's stream of changes. Counted is the processor time of this process, which does what a
 * worker does: reads the changes, values, ranks, writes rows and ranks, publishes. Redis' own time is not in it.
 *
 * Last result (2 shared cores, Node 24.21): see bench/README.md.
 */
import {
  accountOfRoom,
  type RoomCore,
  RoomRules,
  roomField,
  stateField,
} from "@mirrorbook/protocol";
import { parseMarks } from "@mirrorbook/rooms";
import {
  announceChanges,
  closeRedis,
  connectRedis,
  keys,
  type RedisClient,
  RoomPackets,
  redisReady,
} from "@mirrorbook/store";
import { startRedis } from "@mirrorbook/testkit";
import { randomNumbers } from "@mirrorbook/testkit/random";
import { Board } from "../apps/worker/src/board.ts";
import { Members } from "../apps/worker/src/members.ts";

const MEMBERS = 10_000;
const TRADING_PER_TICK = 100;
const TICKS_WARM = 5;
const TICKS = 20;
const ROOM = "bench";
const ACCOUNT = accountOfRoom(ROOM);
const MARKETS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"];
const ASSETS = new Map(MARKETS.map((symbol) => [symbol, `SIM_${symbol.slice(0, 3)}`]));
const WRITES_AT_ONCE = 500;

export async function run(): Promise<object> {
  await using server = await startRedis();
  const redis = connectRedis({ kind: "server", url: server.url }, "jobs");
  try {
    await redisReady(redis, 5_000);
    const result = await measure(redis);
    console.log(
      `${result.members} members: ${result.msPerTick} ms of processor time per tick, ` +
        `${result.rankEventsPerTick} members change rank`,
    );
    return result;
  } finally {
    closeRedis(redis);
  }
}

async function measure(redis: RedisClient) {
  const random = randomNumbers(1);
  await writeRoom(redis, random);
  const members = new Members(redis, ROOM, ASSETS);
  const board = new Board({ redis, packets: new RoomPackets(), members });
  let [moved, ticked, cpuMs] = [0, 0, 0];
  const prices = MARKETS.map((_, index) => 100 * (index + 1));
  for (let tick = 0; tick < TICKS_WARM + TICKS; tick++) {
    const marks: Record<string, string> = {};
    for (const [index, symbol] of MARKETS.entries()) {
      prices[index]! *= 0.999 + random() / 500;
      marks[symbol] = prices[index]!.toFixed(2);
    }
    await trade(redis, random, tick);
    const before = process.cpuUsage();
    const result = await board.tick(parseMarks(marks), Date.now());
    const { user, system } = process.cpuUsage(before);
    if (result === null) throw new Error("the room runs and nobody else ticks it");
    if (tick < TICKS_WARM) continue;
    moved += result.moved;
    ticked += 1;
    cpuMs += (user + system) / 1_000;
  }
  return {
    members: MEMBERS,
    msPerTick: Math.round((cpuMs / ticked) * 10) / 10,
    rankEventsPerTick: Math.round(moved / ticked),
  };
}

async function writeRoom(redis: RedisClient, random: () => number): Promise<void> {
  const rules = RoomRules.parse({ name: "Bench", markets: MARKETS, memberLimit: MEMBERS });
  const core: RoomCore = {
    id: ROOM,
    ownerId: "owner",
    status: "running",
    rules: { ...rules, snapshotEveryMs: 3_600_000 },
    code: null,
    members: MEMBERS,
    createdAtMs: Date.now(),
    startedAtMs: Date.now(),
    endsAtMs: null,
    endedAtMs: null,
    marks: null,
    finalHash: null,
    lastCommandId: "0-1",
  };
  const state = keys.roomState(ROOM);
  await redis.hset(state, "core", JSON.stringify(core), "status", "running", "version", "1");
  for (let from = 0; from < MEMBERS; from += WRITES_AT_ONCE) {
    const some = Array.from({ length: WRITES_AT_ONCE }, (_, index) => nameOf(from + index));
    const seats = some.flatMap((userId) => {
      const seat = { userId, name: userId, status: "joined", joinedAtMs: 1 };
      return [roomField.seat(userId), JSON.stringify(seat)];
    });
    await redis.hset(state, ...seats);
    await Promise.all(some.map((userId) => writeUser(redis, userId, 1, random)));
  }
}

async function trade(redis: RedisClient, random: () => number, tick: number): Promise<void> {
  const version = tick + 2;
  const users = new Set<string>();
  while (users.size < TRADING_PER_TICK) users.add(nameOf(Math.floor(random() * MEMBERS)));
  await announceChanges(
    redis,
    Array.from(users, (userId) => ({ roomId: ROOM, userId, version })),
  );
  await Promise.all(Array.from(users, (userId) => writeUser(redis, userId, version, random)));
}

async function writeUser(
  redis: RedisClient,
  userId: string,
  version: number,
  random: () => number,
): Promise<void> {
  const lastFillAt = new Date(version * 1_000).toISOString();
  const figures = { account: ACCOUNT, deposited: "100000", realizedPnL: "0", lastFillAt };
  const balances = [...ASSETS.values(), "SIM_USD"].flatMap((asset) => {
    const total = (asset === "SIM_USD" ? 50_000 * random() : 100 * random()).toFixed(5);
    const balance = { account: ACCOUNT, asset, total, available: total, locked: "0" };
    return [stateField.balance(ACCOUNT, asset), JSON.stringify(balance)];
  });
  const account = [stateField.account(ACCOUNT), JSON.stringify(figures)];
  await redis.hset(keys.userState(userId), "version", String(version), ...account, ...balances);
}

const nameOf = (index: number) => `member-${String(index).padStart(5, "0")}`;
