import { DECIMAL_TEXT } from "@mirrorbook/kernel";
import { z } from "zod";

/** Non-negative decimal text, e.g. "0.00100000"; at most 20 integer and 18 fraction digits. */
export const DecimalText = z
  .string()
  .max(40)
  .regex(DECIMAL_TEXT, "must be decimal text such as 0.25")
  .refine((text) => !text.startsWith("-"), "must not be negative");

/** As DecimalText, but greater than zero. Numbers are accepted from lenient clients and taken as their decimal text. */
export const PositiveDecimal = z
  .union([DecimalText, z.number().positive().finite().transform(String).pipe(DecimalText)])
  .refine((text) => /[1-9]/.test(text), "must be greater than zero");

/** Signed decimal text (P&L, returns). */
export const SignedDecimal = z.string().regex(DECIMAL_TEXT);

/** ISO 8601 with milliseconds, UTC. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** A price level: [price, size], both decimal text. */
export const Level = z.tuple([z.string(), z.string()]);
export type Level = readonly [price: string, size: string];

/** Ids that end up in keys, rooms and logs: no separators that mean something there. */
export const SafeId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9._~-]+$/);
/** Chosen by the client; the idempotency key of a command. */
export const ClientOrderId = SafeId;
/**
 * When this attempt to place an order was sent: ms since 1970 by the sender's own clock, which is compared with no other.
 * It orders the attempts under one client order id: none that arrives late is taken after a later one was refused.
 */
export const SentAt = z.number().min(0);
/** "main", or "room-<id>" for a trade room's portfolio. */
export const AccountId = SafeId;
