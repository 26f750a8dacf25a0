/**
 * Re-adds every journal in Redis and compares it with what is stored (promise P4), trusting no balance.
 *
 * Works beside a running system: a user's state is read first, with its version, and of the journal only what that
 * version had written, so both tell of the same moment.
 */
import { auditUser, type Difference, JournalSums } from "@mirrorbook/exchange";
import type { Amount } from "@mirrorbook/kernel";
import { type RedisClient, readUserAt, userIds } from "@mirrorbook/store";

import { auditRooms, type RoomsReport } from "./audit-rooms.ts";

/** Users read at a time. */
const USERS_AT_ONCE = 16;

export interface AuditReport {
  readonly users: number;
  readonly postings: number;
  /** Per asset: what was issued and is owned by users, the venue and as fees. Decimal text. */
  readonly assets: readonly AssetReport[];
  readonly differences: readonly Difference[];
  /** Assets whose postings do not sum to zero. */
  readonly unbalanced: readonly string[];
  /** Users whose oldest postings are no longer kept: nothing can be proved of them. */
  readonly incomplete: readonly string[];
  readonly rooms: RoomsReport;
}

export interface AssetReport {
  readonly asset: string;
  readonly issued: string;
  readonly users: string;
  readonly venue: string;
  readonly fees: string;
  readonly sum: string;
}

export async function auditSystem(redis: RedisClient): Promise<AuditReport> {
  const system = new JournalSums();
  const differences: Difference[] = [];
  const incomplete: string[] = [];
  let users = 0;
  let postings = 0;

  const auditOne = async (userId: string): Promise<void> => {
    const { stored, journal, complete } = await readUserAt(redis, userId);
    if (stored.version === 0) return; // Claimed once, never written.
    const own = new JournalSums();
    for (const posting of journal) {
      own.add(posting);
      system.add(posting);
    }
    users += 1;
    postings += journal.length;
    if (complete) differences.push(...auditUser(stored, own));
    else incomplete.push(userId);
  };

  for await (const ids of userIds(redis)) {
    for (let from = 0; from < ids.length; from += USERS_AT_ONCE) {
      await Promise.all(ids.slice(from, from + USERS_AT_ONCE).map(auditOne));
    }
  }
  const assets = assetReports(system);
  const unbalanced = assets.filter(({ sum }) => sum !== "0").map(({ asset }) => asset);
  const rooms = await auditRooms(redis);
  return { users, postings, assets, differences, unbalanced, incomplete, rooms };
}

export function isClean(report: AuditReport): boolean {
  const { differences, unbalanced, incomplete, rooms } = report;
  return differences.length + unbalanced.length + incomplete.length + rooms.wrong.length === 0;
}

function assetReports(sums: JournalSums): AssetReport[] {
  const totals = sums.totals();
  return [...totals.keys()].sort().map((asset) => {
    const held = (prefix: string) => sums.heldBy(prefix, asset);
    return {
      asset,
      issued: text(held("issuance").neg()),
      users: text(held("user/")),
      venue: text(held("venue/")),
      fees: text(held("fees/")),
      sum: text(totals.get(asset)!),
    };
  });
}

function text(amount: Amount): string {
  return amount.isZero() ? "0" : amount.toString();
}
