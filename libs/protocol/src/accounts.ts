import { z } from "zod";
import {
  AccountId,
  ClientOrderId,
  DecimalText,
  PositiveDecimal,
  SignedDecimal,
  Timestamp,
} from "./text.ts";

export const Asset = z.string().regex(/^SIM_[A-Z0-9]{1,12}$/);

export const Balance = z.object({
  account: AccountId,
  asset: z.string(),
  total: DecimalText,
  available: DecimalText,
  locked: DecimalText,
});
export type Balance = z.infer<typeof Balance>;

/** Spot inventory of one market, long only. `currentPrice` is the side one could close at: the best bid. */
export const Position = z.object({
  id: z.string(),
  account: AccountId,
  pair: z.string(),
  symbol: z.string(),
  side: z.literal("long"),
  quantity: DecimalText,
  entryPrice: DecimalText,
  currentPrice: DecimalText,
  unrealizedPnL: SignedDecimal,
  unrealizedPnLPercent: SignedDecimal,
  realizedPnL: SignedDecimal,
  totalPnL: SignedDecimal,
  status: z.enum(["open", "closed"]),
  openedAt: Timestamp,
  closedAt: Timestamp.nullable(),
});
export type Position = z.infer<typeof Position>;

export const Portfolio = z.object({
  account: AccountId,
  equity: SignedDecimal,
  cash: DecimalText,
  unrealizedPnL: SignedDecimal,
  realizedPnL: SignedDecimal,
  returnPercent: SignedDecimal,
});
export type Portfolio = z.infer<typeof Portfolio>;

/** One double-entry posting: `amount` of `asset` moves from `debit` to `credit`. Ledger accounts are named in docs. */
export const Posting = z.object({
  id: z.string(),
  account: AccountId,
  asset: z.string(),
  debit: z.string(),
  credit: z.string(),
  amount: DecimalText,
  reason: z.string(),
  /** The order, trade or command that caused it. */
  cause: z.string(),
  at: Timestamp,
});
export type Posting = z.infer<typeof Posting>;

export const Transfer = z.strictObject({
  account: AccountId.optional(),
  asset: Asset,
  amount: PositiveDecimal,
  commandId: ClientOrderId.optional(),
});
export type Transfer = z.infer<typeof Transfer>;

export const ResetAccount = z.strictObject({
  account: AccountId.optional(),
  commandId: ClientOrderId.optional(),
});

/** Dead-man switch: all open orders are cancelled when it is not refreshed in time. 0 switches it off. */
export const CancelAfter = z.strictObject({
  timeoutMs: z.union([z.literal(0), z.int().min(1_000).max(3_600_000)]),
  commandId: ClientOrderId.optional(),
});
