/** Whether a final ranking is the one the room was sealed with: anyone can compute that, this page too. */
import type { RoomResult } from "@mirrorbook/sdk";

export type Proof = "proved" | "differs" | "unknown";

/** The hash is over the very text of the ranking. Where the browser has no SHA-256 (no https) nothing is claimed. */
export async function proofOf({ finalHash, ranking }: RoomResult): Promise<Proof> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) return "unknown";
  const bytes = new TextEncoder().encode(JSON.stringify(ranking));
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex === finalHash ? "proved" : "differs";
}
