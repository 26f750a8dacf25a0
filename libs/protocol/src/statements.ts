/** Statements of a portfolio over a time: what it opened with, what moved it and why, what it closed with. */
import { z } from "zod";
import { AccountId, DecimalText, SignedDecimal, Timestamp } from "./text.ts";

export const StatementRequest = z
  .strictObject({
    account: AccountId.default("main"),
    /** Postings from then on; without it from the first. */
    from: Timestamp.optional(),
    /** Postings before then; without it all until now. */
    to: Timestamp.optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    error: "from must be before to",
    path: ["to"],
  });
export type StatementRequest = z.infer<typeof StatementRequest>;

/** What one cause did to one asset, both directions apart. */
const Movement = z.object({
  reason: z.string(),
  received: DecimalText,
  paid: DecimalText,
});
export const StatementLine = z.object({
  asset: z.string(),
  opening: SignedDecimal,
  movements: z.array(Movement),
  closing: SignedDecimal,
});
export type StatementLine = z.infer<typeof StatementLine>;

const asked = {
  account: AccountId,
  from: Timestamp.nullable(),
  to: Timestamp,
  requestedAt: Timestamp,
};
export const Statement = z.discriminatedUnion("status", [
  z.object({ status: z.literal("pending"), ...asked }),
  z.object({
    status: z.literal("ready"),
    ...asked,
    /** Postings within the time. */
    postings: z.int(),
    /** False when the account's first postings are no longer kept: openings and closings are then short of them. */
    complete: z.boolean(),
    lines: z.array(StatementLine),
  }),
]);
export type Statement = z.infer<typeof Statement>;
export type PendingStatement = Extract<Statement, { status: "pending" }>;
export type ReadyStatement = Extract<Statement, { status: "ready" }>;
