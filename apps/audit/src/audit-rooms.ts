/**
 * Computes the final ranking of every trade room that has ended once more: what members owned from their journals alone,
 * up to the ledger position in the ranking; figures of risk from the stored curves; then the order and the hash. One
 * difference anywhere gives another hash.
 */
import { type Money, moneyText, parseMoney } from "@mirrorbook/exchange";
import { accountOfRoom, type Posting, type RoomSeat, type StoredRoom } from "@mirrorbook/protocol";
import {
  addEquity,
  equityOf,
  type FinalRanking,
  finalHash,
  finalRanking,
  holdingsOf,
  NO_STATS,
  parseMarks,
} from "@mirrorbook/rooms";
import {
  allRoomIds,
  type RedisClient,
  readCurve,
  readFinal,
  readMarkets,
  readRoom,
  readUserAt,
} from "@mirrorbook/store";

const CASH = "SIM_USD";
const MEMBERS_AT_ONCE = 16;

export interface RoomsReport {
  /** Rooms whose ranking was computed again. */
  readonly rooms: number;
  /** What differs, in words. */
  readonly wrong: readonly string[];
}

export async function auditRooms(redis: RedisClient): Promise<RoomsReport> {
  const markets = await readMarkets(redis);
  const assets = new Map(markets.map(({ symbol, base }) => [symbol, base]));
  const wrong: string[] = [];
  let rooms = 0;
  for (const roomId of await allRoomIds(redis)) {
    const stored = await readRoom(redis, roomId);
    if (stored?.core.finalHash == null) continue;
    rooms += 1;
    const difference = await auditRoom(redis, stored, assets);
    if (difference !== null) wrong.push(`room ${roomId}: ${difference}`);
  }
  return { rooms, wrong };
}

async function auditRoom(
  redis: RedisClient,
  { core, seats }: StoredRoom,
  assets: ReadonlyMap<string, string>,
): Promise<string | null> {
  const text = await readFinal(redis, core.id);
  if (text === null) return "its final ranking is gone";
  const kept = JSON.parse(text) as FinalRanking;
  if (finalHash(kept) !== core.finalHash) return "the ranking kept is not the one it ended with";
  const own = new Map([...assets].filter(([symbol]) => core.rules.markets.includes(symbol)));
  const joined = seats.filter(({ status }) => status === "joined");
  const contenders = [];
  for (let from = 0; from < joined.length; from += MEMBERS_AT_ONCE) {
    const some = joined.slice(from, from + MEMBERS_AT_ONCE);
    contenders.push(...(await Promise.all(some.map((seat) => contender(redis, core, seat, own)))));
  }
  const again = finalRanking(core, contenders);
  if (finalHash(again) === core.finalHash) return null;
  const first = again.rows.find((row, i) => JSON.stringify(row) !== JSON.stringify(kept.rows[i]));
  return `computed again, ${first?.userId ?? "its frame"} is ${JSON.stringify(first)}`;
}

async function contender(
  redis: RedisClient,
  core: StoredRoom["core"],
  { userId, name }: RoomSeat,
  assets: ReadonlyMap<string, string>,
) {
  const [{ stored, journal }, curve] = await Promise.all([
    readUserAt(redis, userId),
    readCurve(redis, core.id, userId),
  ]);
  const holdings = holdingsOf(core.id, userId, stored.version, stored.fields, assets);
  const { realized = 0n, lastFillAt = null, ledgerVersion = 0 } = holdings ?? {};
  const account = accountOfRoom(core.id);
  const postings = journal.filter(
    (posting) => posting.account === account && versionOf(posting) <= ledgerVersion,
  );
  const owned = ownedBy(userId, account, postings);
  const equity = equityOf(
    {
      cash: owned.get(CASH) ?? 0n,
      assets: Array.from(assets, ([symbol, asset]) => [symbol, owned.get(asset) ?? 0n] as const),
    },
    parseMarks(core.marks ?? {}),
  );
  const deposited = postings
    .filter(({ debit }) => debit === "issuance")
    .reduce((sum, { amount }) => sum + parseMoney(amount), 0n);
  const curves = [...curve.map(parseMoney), equity];
  const stats = curves.map(asNumber).reduce(addEquity, NO_STATS);
  return { userId, name, equity, deposited, realized, lastFillAt, ledgerVersion, stats };
}

/** Sums by asset over the member's own ledger accounts. */
function ownedBy(userId: string, account: string, postings: readonly Posting[]) {
  const prefix = `user/${userId}/${account}/`;
  const sums = new Map<string, Money>();
  const move = (ledger: string, asset: string, amount: Money) => {
    if (ledger.startsWith(prefix)) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  };
  for (const { debit, credit, asset, amount } of postings) {
    move(debit, asset, -parseMoney(amount));
    move(credit, asset, parseMoney(amount));
  }
  return sums;
}

function versionOf({ id }: Posting): number {
  return Number(id.slice(0, id.indexOf("-")));
}

/** As the worker reads an equity for the figures of risk: the number nearest to its decimal text. */
function asNumber(money: Money): number {
  return Number(moneyText(money));
}
