import type { Hub } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { SubscriptionDesk } from "../members/subscriptions.ts";
import { gatewayMessages } from "./gateway-messages.ts";
import { type MessageSpec, openMessage } from "./messages.ts";
import { orderMessages } from "./order-messages.ts";
import { subscriptionMessages } from "./subscription-messages.ts";
import { TypedMessage, takeTyped } from "./typed-messages.ts";

export interface MessagesOptions {
  readonly hub: Hub;
  readonly desk: TradingDesk;
  readonly subscriptions: SubscriptionDesk;
  readonly markets: MarketDirectory;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Every message a Socket.IO client can send. */
export function allMessages(options: MessagesOptions): MessageSpec[] {
  const { hub, desk, subscriptions, markets } = options;
  return [
    ...subscriptionMessages({ ...options, desk: subscriptions }),
    ...orderMessages(desk, markets.resolve),
    ...gatewayMessages(hub, subscriptions),
    openMessage(
      "message",
      "Subscribes as in document 000; the first switches to its dialect.",
      TypedMessage,
      async (connection, message, acknowledge) => {
        if (connection.member.dialect === "events") {
          hub.update(connection.member, { dialect: "typed" });
        }
        await takeTyped(subscriptions, connection, message, acknowledge);
      },
    ),
  ];
}
