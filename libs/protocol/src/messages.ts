/** Client → server messages of the default dialect; every one takes an acknowledgement `Answer`. */
import { z } from "zod";
import { BOOK_DEPTHS } from "./rooms.ts";
import { SafeId } from "./text.ts";

const market = z.string().min(1).max(32);

export const Subscription = z.discriminatedUnion("channel", [
  z.strictObject({
    channel: z.literal("orderbook"),
    pair: market,
    depth: z.literal(BOOK_DEPTHS).default(20),
  }),
  z.strictObject({ channel: z.literal("ticker"), pair: market }),
  z.strictObject({ channel: z.literal("tape"), pair: market }),
  /** The caller's own events; also given without asking to every authenticated connection. */
  z.strictObject({ channel: z.literal("trading") }),
  z.strictObject({ channel: z.literal("room"), roomId: SafeId }),
]);
export type Subscription = z.infer<typeof Subscription>;

export const SUBSCRIPTIONS_PER_MESSAGE_MAX = 50;
export const Subscribe = z.union([
  Subscription,
  z.array(Subscription).min(1).max(SUBSCRIPTIONS_PER_MESSAGE_MAX),
]);

export const Resume = z.strictObject({ since: z.int().min(0) });
export const PingLatency = z.object({ sentAt: z.number().optional() });

/** Handshake `auth` of a Socket.IO connection. `since`: last user event seen. */
export const Handshake = z.looseObject({
  token: z.string().max(8_192).optional(),
  since: z.int().min(0).optional(),
  dialect: z.enum(["events", "gateway", "typed"]).optional(),
});
export type Handshake = z.infer<typeof Handshake>;
