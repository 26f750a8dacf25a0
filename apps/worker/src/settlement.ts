/**
 * The end of a room: every portfolio closed, the ranking frozen, its hash told to the leader.
 *
 * Every step may be repeated, by this worker or another: portfolios are closed under a key of the room's, closed ones do
 * not change, and the same portfolios give the same ranking, text and hash.
 */
import { moneyText } from "@mirrorbook/exchange";
import { AppError, type Refusal } from "@mirrorbook/kernel";
import {
  accountOfRoom,
  ROOM_SYSTEM,
  type RoomCore,
  type StoredRoom,
  type StreamCommandBody,
} from "@mirrorbook/protocol";
import {
  addEquity,
  decodeStats,
  equityOf,
  finalHash,
  finalRanking,
  holdingFields,
  holdingsOf,
  NO_STATS,
  parseMarks,
  settingsOf,
} from "@mirrorbook/rooms";
import {
  type CommandDesk,
  publishBoard,
  type RedisClient,
  type RoomPackets,
  readBoardState,
  readRoom,
  readStats,
  readUserFields,
  writeFinal,
} from "@mirrorbook/store";
import { TOP_ROWS } from "./board.ts";

/** Portfolios being closed at a time: the leader has others to serve. */
const CLOSING_AT_ONCE = 64;

export interface SettlementDeps {
  readonly redis: RedisClient;
  readonly packets: RoomPackets;
  readonly desk: Pick<CommandDesk, "submit">;
  /** Base asset by symbol. */
  readonly assets: ReadonlyMap<string, string>;
}

/** Settles a room that is settling; anything else is left alone. @throws what a later attempt may overcome. */
export async function settleRoom(deps: SettlementDeps, roomId: string): Promise<void> {
  const stored = await readRoom(deps.redis, roomId);
  if (stored?.core.status !== "settling") return;
  await closePortfolios(deps, stored);
  const ranking = finalRanking(stored.core, await finalContenders(deps, stored));
  await writeFinal(deps.redis, roomId, JSON.stringify(ranking));
  await showFinal(deps, stored.core, ranking.rows);
  const body = { type: "room:settle", roomId, finalHash: finalHash(ranking) } as const;
  await submit(deps.desk, ROOM_SYSTEM, `settle-${roomId}`, body);
}

async function closePortfolios(deps: SettlementDeps, { core, seats }: StoredRoom): Promise<void> {
  const ids = seats.filter(({ status }) => status === "joined").map(({ userId }) => userId);
  const waiting = ids.sort();
  const closeNext = async (): Promise<void> => {
    for (let userId = waiting.shift(); userId !== undefined; userId = waiting.shift()) {
      await closeOne(deps, core, userId);
    }
  };
  await Promise.all(Array.from({ length: CLOSING_AT_ONCE }, closeNext));
}

async function closeOne({ desk }: SettlementDeps, core: RoomCore, userId: string): Promise<void> {
  const account = accountOfRoom(core.id);
  const liquidate = core.rules.endRule === "liquidate";
  const close = { type: "account:close_portfolio", account, liquidate } as const;
  const answer = await desk.submit(userId, `settle-${core.id}`, close);
  if (answer.ok) return;
  if (answer.error.code !== "UNKNOWN_ACCOUNT") throw failure(answer.error);
  // A seat whose portfolio was never opened (ADR 0011): it takes part with its starting cash.
  await submit(desk, userId, `open-${core.id}`, openingOf(core));
  await submit(desk, userId, `settle-late-${core.id}`, close);
}

/** The command that opens a member's portfolio, for whoever finds it missing. */
export function openingOf(core: RoomCore): StreamCommandBody {
  return {
    type: "account:open_portfolio",
    account: accountOfRoom(core.id),
    startingBalance: core.rules.startingCash,
    settings: settingsOf(core.rules),
  };
}

async function finalContenders({ redis, assets }: SettlementDeps, { core, seats }: StoredRoom) {
  const own = new Map([...assets].filter(([symbol]) => core.rules.markets.includes(symbol)));
  const fields = holdingFields(core.id, own);
  const { stats } = await readStats(redis, core.id);
  const marks = parseMarks(core.marks ?? {});
  const joined = seats.filter(({ status }) => status === "joined");
  const read = async ({ userId, name }: (typeof joined)[number]) => {
    const state = await readUserFields(redis, userId, fields);
    const holdings = holdingsOf(core.id, userId, state.version, state.fields, own);
    if (holdings === null) throw new AppError("UNKNOWN_ACCOUNT", `${userId} has no portfolio.`);
    const equity = equityOf(holdings, marks);
    const text = stats.get(userId);
    const before = text === undefined ? NO_STATS : decodeStats(text);
    const { deposited, realized, lastFillAt, ledgerVersion } = holdings;
    const figures = addEquity(before, Number(moneyText(equity)));
    return { userId, name, equity, deposited, realized, lastFillAt, ledgerVersion, stats: figures };
  };
  return Promise.all(joined.map(read));
}

/** Replaces the live ranking by the final one, and tells it. Whoever comes second changes nothing that matters. */
async function showFinal(
  { redis, packets }: SettlementDeps,
  core: RoomCore,
  rows: ReturnType<typeof finalRanking>["rows"],
): Promise<void> {
  const { ticks, seq, ranks } = await readBoardState(redis, core.id);
  const present = new Set(rows.map(({ userId }) => userId));
  await publishBoard(redis, packets, {
    roomId: core.id,
    status: "settling",
    ticks,
    lastSeq: seq,
    ranks: rows.map(({ userId, rank }) => [userId, rank] as const),
    rows: rows.map((row) => [row.userId, JSON.stringify(row)] as const),
    gone: [...ranks.keys()].filter((userId) => !present.has(userId)),
    events: [
      [
        "leaderboard:update",
        {
          seq: seq + 1,
          timestamp: new Date(core.endedAtMs!).toISOString(),
          roomId: core.id,
          rows: rows.slice(0, TOP_ROWS),
        },
      ],
    ],
  });
}

async function submit(
  desk: SettlementDeps["desk"],
  userId: string,
  key: string,
  body: StreamCommandBody,
): Promise<void> {
  const answer = await desk.submit(userId, key, body);
  if (!answer.ok) throw failure(answer.error);
}

function failure({ code, message }: Refusal): AppError {
  return new AppError(code, message);
}
