/**
 * The messages of document 001. The first of them switches the connection to the `gateway` dialect: whoever speaks these
 * words expects to be answered in kind.
 */
import type { Hub } from "@mirrorbook/fanout";
import { BOOK_DEPTHS, type Subscription } from "@mirrorbook/protocol";
import { z } from "zod";
import type { Connection } from "../members/connection.ts";
import type { SubscriptionDesk } from "../members/subscriptions.ts";
import { type MessageSpec, openMessage, userMessage } from "./messages.ts";

const OfAsset = z.looseObject({ assetId: z.string().min(1).max(32) });
const BookOfAsset = OfAsset.extend({ depth: z.literal(BOOK_DEPTHS).default(20) });

export function gatewayMessages(hub: Hub, desk: SubscriptionDesk): MessageSpec[] {
  const pair = <S extends z.ZodType>(
    channel: string,
    schema: S,
    subscriptions: (input: z.output<S>) => Subscription[],
  ): MessageSpec[] => [
    openMessage(
      `subscribe:${channel}`,
      `Subscribes as in document 001: ${channel}.`,
      schema,
      (connection, input, acknowledge) =>
        connection.inTurn(() => {
          speakGateway(hub, connection);
          return desk.subscribe(connection, subscriptions(input), acknowledge);
        }),
    ),
    openMessage(
      `unsubscribe:${channel}`,
      `Ends \`subscribe:${channel}\`.`,
      schema,
      (connection, input) =>
        connection.inTurn(async () => desk.unsubscribe(connection, subscriptions(input))),
    ),
  ];
  return [
    ...pair("orderbook", BookOfAsset, ({ assetId, depth }) => [
      { channel: "orderbook", pair: assetId, depth },
    ]),
    ...pair("trades", OfAsset, ({ assetId }) => [
      { channel: "tape", pair: assetId },
      { channel: "ticker", pair: assetId },
    ]),
    ...ownEvents(hub, desk),
  ];
}

/** `{ userId }` is checked and taken out before: it must be the caller's own. */
function ownEvents(hub: Hub, desk: SubscriptionDesk): MessageSpec[] {
  const trading: Subscription[] = [{ channel: "trading" }];
  return [
    userMessage(
      "subscribe:user",
      "Hears of the user's own orders and balances.",
      z.looseObject({}),
      (connection, _input, acknowledge) =>
        connection.inTurn(() => {
          speakGateway(hub, connection);
          return desk.subscribe(connection, trading, acknowledge);
        }),
    ),
    userMessage("unsubscribe:user", "Ends `subscribe:user`.", z.looseObject({}), (connection) =>
      connection.inTurn(async () => desk.unsubscribe(connection, trading)),
    ),
  ];
}

function speakGateway(hub: Hub, { member }: Connection): void {
  if (member.dialect === "events") hub.update(member, { dialect: "gateway" });
}
