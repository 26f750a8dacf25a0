import {
  AmendOrder,
  CancelAfter,
  CancelAll,
  CancelReplace,
  type CommandBody,
  OrderRef,
  PlaceOco,
  PlaceOrder,
  ResetAccount,
  Transfer,
} from "@mirrorbook/protocol";
import { MAIN_ACCOUNT, newOco, newOrder, type ResolveMarket } from "../commands/command-bodies.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import { type MessageSpec, userMessage } from "./messages.ts";

/** What a user can have done with orders and accounts: one command each. */
export function orderMessages(desk: TradingDesk, resolve: ResolveMarket): MessageSpec[] {
  const submit = async (
    { identity }: { identity: { userId: string } },
    key: string | undefined,
    body: CommandBody,
    sentAtMs?: number,
  ) => {
    return (await desk.submit(identity.userId, key, body, sentAtMs)).answer;
  };
  return [
    userMessage("order:place", "Places an order.", PlaceOrder, (connection, order) =>
      submit(
        connection,
        order.clientOrderId,
        { type: "order:place", order: newOrder(order, resolve) },
        order.sentAt,
      ),
    ),
    userMessage(
      "order:place_oco",
      "Places a limit and a stop; one cancels the other.",
      PlaceOco,
      (connection, oco) => submit(connection, oco.clientOrderId, newOco(oco, resolve), oco.sentAt),
    ),
    userMessage(
      "order:preview",
      "Tells what an order would do now.",
      PlaceOrder,
      (connection, order) =>
        submit(connection, undefined, { type: "order:preview", order: newOrder(order, resolve) }),
    ),
    userMessage(
      "order:cancel",
      "Cancels one order.",
      OrderRef,
      (connection, { commandId, ...target }) =>
        submit(connection, commandId, { type: "order:cancel", target }),
    ),
    userMessage("order:cancel_all", "Cancels all open orders.", CancelAll, (connection, all) =>
      submit(connection, all.commandId, {
        type: "order:cancel_all",
        account: all.account ?? null,
        symbol: all.pair === undefined ? null : resolve(all.pair),
      }),
    ),
    userMessage(
      "order:amend",
      "Lowers an order's quantity; it keeps its place in the queue.",
      AmendOrder,
      (connection, { commandId, orderId, quantity }) =>
        submit(connection, commandId, { type: "order:amend", orderId, quantity }),
    ),
    userMessage(
      "order:cancel_replace",
      "Cancels one order and places another, or neither.",
      CancelReplace,
      (connection, { orderId, order }) =>
        submit(
          connection,
          order.clientOrderId,
          { type: "order:cancel_replace", orderId, order: newOrder(order, resolve) },
          order.sentAt,
        ),
    ),
    userMessage("account:deposit", "Adds virtual money.", Transfer, (connection, transfer) =>
      submit(connection, transfer.commandId, transferBody("account:deposit", transfer)),
    ),
    userMessage("account:withdraw", "Takes virtual money away.", Transfer, (connection, transfer) =>
      submit(connection, transfer.commandId, transferBody("account:withdraw", transfer)),
    ),
    userMessage("account:reset", "Starts the portfolio anew.", ResetAccount, (connection, reset) =>
      submit(connection, reset.commandId, {
        type: "account:reset",
        account: reset.account ?? MAIN_ACCOUNT,
      }),
    ),
    userMessage(
      "account:cancel_after",
      "Dead-man switch for open orders.",
      CancelAfter,
      (connection, { commandId, timeoutMs }) =>
        submit(connection, commandId, { type: "account:cancel_after", timeoutMs }),
    ),
  ];
}

function transferBody(
  type: "account:deposit" | "account:withdraw",
  { account = MAIN_ACCOUNT, asset, amount }: Transfer,
): CommandBody {
  return { type, account, asset, amount };
}
