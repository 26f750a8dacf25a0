/** The frozen result of a room, and the hash by which anyone can tell that it is the one the room ended with. */
import { hash } from "node:crypto";
import { moneyText } from "@mirrorbook/exchange";
import { invariant } from "@mirrorbook/kernel";
import type { LeaderboardRow, RoomCore, RoomMarks, RoomMetric } from "@mirrorbook/protocol";
import { type Contender, rankContenders, rowOf } from "./ranking.ts";

export interface FinalRow extends LeaderboardRow {
  readonly deposited: string;
  /** Returns in the figures of risk. */
  readonly samples: number;
  readonly lastFillAt: string | null;
  /** The ledger position: journal entries of the member up to this version are what the row was computed from. */
  readonly ledgerVersion: number;
}

export interface FinalRanking {
  readonly roomId: string;
  readonly metric: RoomMetric;
  readonly endedAtMs: number;
  readonly marks: RoomMarks;
  readonly rows: readonly FinalRow[];
}

export interface FinalContender extends Contender {
  readonly ledgerVersion: number;
}

/** Ranks the members of a room whose portfolios are closed: the same ledger gives the same text, whoever computes it. */
export function finalRanking(core: RoomCore, contenders: readonly FinalContender[]): FinalRanking {
  const { id, rules, endedAtMs, marks } = core;
  invariant(
    endedAtMs !== null && marks !== null,
    "only a room that has stopped trading is settled",
  );
  const versions = new Map(contenders.map((one) => [one.userId, one.ledgerVersion]));
  const rows = rankContenders(contenders, rules.metric).map(
    (ranked): FinalRow => ({
      ...rowOf(ranked),
      deposited: moneyText(ranked.deposited),
      samples: Math.max(ranked.stats.returns, 0),
      lastFillAt: ranked.lastFillAt,
      ledgerVersion: versions.get(ranked.userId)!,
    }),
  );
  const sortedMarks = Object.fromEntries(Object.entries(marks).sort());
  return { roomId: id, metric: rules.metric, endedAtMs, marks: sortedMarks, rows };
}

/** SHA-256 over the ranking with the ledger positions in it, hex. */
export function finalHash(ranking: FinalRanking): string {
  return hash("sha256", JSON.stringify(ranking), "hex");
}
