/** What the public events of a trade room carry: the room, its members and their ranking. */
import { z } from "zod";
import { SafeId, SignedDecimal, Timestamp } from "./text.ts";

/** A trade room's portfolio is the account `room-<id>` of each member. */
const ACCOUNT_PREFIX = "room-";

export function accountOfRoom(roomId: string): string {
  return `${ACCOUNT_PREFIX}${roomId}`;
}

/** The trade room an account belongs to; `null` for the main portfolio. */
export function roomOfAccount(account: string): string | null {
  return account.startsWith(ACCOUNT_PREFIX) ? account.slice(ACCOUNT_PREFIX.length) : null;
}

export const RoomStatus = z.enum(["draft", "open", "running", "paused", "settling", "ended"]);
export type RoomStatus = z.infer<typeof RoomStatus>;

/** What every event of a room says of it; the rest of its rules is read by REST. */
export const TradeRoom = z.looseObject({
  id: SafeId,
  name: z.string(),
  status: RoomStatus,
  startsAt: Timestamp.nullable(),
  endsAt: Timestamp.nullable(),
});
export type TradeRoom = z.infer<typeof TradeRoom>;

export const RoomMember = z.looseObject({ userId: z.string(), name: z.string() });
export type RoomMember = z.infer<typeof RoomMember>;

export const LeaderboardRow = z.looseObject({
  rank: z.int().positive(),
  userId: z.string(),
  name: z.string(),
  equity: SignedDecimal,
  returnPercent: SignedDecimal,
});
export type LeaderboardRow = z.infer<typeof LeaderboardRow>;

export const RankingChange = z.looseObject({
  userId: z.string(),
  name: z.string(),
  rank: z.int().positive(),
  /** `null` for a member that was not ranked before. */
  previousRank: z.int().positive().nullable(),
});
export type RankingChange = z.infer<typeof RankingChange>;

export const LeaderboardSnapshot = z.looseObject({
  id: z.string(),
  takenAt: Timestamp,
  rows: z.array(LeaderboardRow),
});
export type LeaderboardSnapshot = z.infer<typeof LeaderboardSnapshot>;
