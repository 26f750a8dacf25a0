/** The one message of document 000's clients, over Socket.IO's `message` or as a plain frame of `/ws/feed`. */
import { BOOK_DEPTHS, type Subscription } from "@mirrorbook/protocol";
import { z } from "zod";
import type { Connection } from "../members/connection.ts";
import type { SubscriptionDesk } from "../members/subscriptions.ts";

const CHANNELS = {
  ORDERBOOK: "orderbook",
  ORDER_BOOK: "orderbook",
  BINANCE_ORDER_BOOK: "orderbook",
  BINANCE_ORDER_BOOK_UPDATE: "orderbook",
  TRADING: "trading",
  USER: "trading",
} as const;
const NAMES = Object.keys(CHANNELS) as (keyof typeof CHANNELS)[];

export const TypedMessage = z
  .object({
    type: z.enum(["SUBSCRIBE", "UNSUBSCRIBE"]),
    channel: z
      .string()
      .transform((text) => text.toUpperCase())
      .pipe(z.enum(NAMES)),
    pair: z.string().min(1).max(32).optional(),
    depth: z.literal(BOOK_DEPTHS).default(20),
  })
  .refine(({ channel, pair }) => CHANNELS[channel] !== "orderbook" || pair !== undefined, {
    path: ["pair"],
    message: "a book needs a pair",
  });
export type TypedMessage = z.infer<typeof TypedMessage>;

export async function takeTyped(
  desk: SubscriptionDesk,
  connection: Connection,
  { type, channel, pair, depth }: TypedMessage,
  acknowledge: (answer: unknown) => void,
): Promise<void> {
  const subscription: Subscription =
    CHANNELS[channel] === "orderbook"
      ? { channel: "orderbook", pair: pair ?? "", depth }
      : { channel: "trading" };
  await connection.inTurn(async () => {
    if (type === "SUBSCRIBE") await desk.subscribe(connection, [subscription], acknowledge);
    else acknowledge(desk.unsubscribe(connection, [subscription]));
  });
}
