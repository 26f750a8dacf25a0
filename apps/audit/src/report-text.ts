import { type AuditReport, isClean } from "./audit-system.ts";

/** Differences printed one by one; the rest are counted. */
const DIFFERENCES_SHOWN_MAX = 50;

/** The report for people. */
export function reportText(report: AuditReport): string {
  const { users, postings, assets, differences, unbalanced, incomplete, rooms } = report;
  const lines = [
    `${postings} postings of ${users} users re-added, ${rooms.rooms} final rankings computed again`,
    "",
  ];
  const columns = ["asset", "issued", "users", "venue", "fees", "sum"] as const;
  const rows = [columns, ...assets.map((asset) => columns.map((column) => asset[column]))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows) lines.push(row.map((cell, i) => cell.padStart(widths[i]!)).join("  "));
  lines.push("");
  for (const { userId, account, asset, what, expected, stored } of differences.slice(
    0,
    DIFFERENCES_SHOWN_MAX,
  )) {
    lines.push(
      `${userId} ${account} ${asset} ${what}: the journal says ${expected}, stored ${stored}`,
    );
  }
  const hidden = differences.length - DIFFERENCES_SHOWN_MAX;
  if (hidden > 0) lines.push(`… and ${hidden} more differences`);
  for (const asset of unbalanced) lines.push(`${asset}: its postings do not sum to zero`);
  for (const userId of incomplete) lines.push(`${userId}: the oldest postings are no longer kept`);
  lines.push(...rooms.wrong);
  lines.push(isClean(report) ? "Every balance is what its journal adds up to." : "NOT CLEAN");
  return lines.join("\n");
}
