/** Every book a client kept was the server's, number by number, and the same for all. */
import type { BookEvidence, Violation } from "../evidence.ts";

export function checkBooks(books: readonly BookEvidence[]): Violation[] {
  const violations: Violation[] = [];
  const agreed = new Map<string, number>();
  for (const { client, book, faults, checksums } of books) {
    const subject = `${book} at ${client}`;
    for (const detail of faults) violations.push({ rule: "P1 book", subject, detail });
    for (const [seq, checksum] of checksums) {
      const key = `${book} ${seq}`;
      const known = agreed.get(key) ?? checksum;
      agreed.set(key, known);
      if (known === checksum) continue;
      const detail = `number ${seq} has checksum ${checksum} here and ${known} elsewhere`;
      violations.push({ rule: "P1 book", subject, detail });
    }
  }
  return violations;
}
