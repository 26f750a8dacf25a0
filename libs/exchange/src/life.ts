/** The end of an order, by whatever cause: once, and nothing after. */
import { invariant } from "@mirrorbook/kernel";
import type { Order } from "@mirrorbook/protocol";
import { ZERO } from "./money.ts";
import type { LiveOrder } from "./order.ts";
import { delist } from "./order-index.ts";
import { releaseDownTo } from "./settle.ts";
import { marketOf, ownerOf, portfolioOf } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { User } from "./user.ts";

/** Why an order ended before it was filled; `Order.reason`. The upper part as Binance's `eR` (expiry reason). */
export type EndReason =
  | "UNFILLED_IOC_QUANTITY_EXPIRED"
  | "UNFILLED_FOK_ORDER_EXPIRED"
  | "INSUFFICIENT_LIQUIDITY"
  | "OCO_TRIGGER"
  | "INSUFFICIENT_BALANCE"
  | "WOULD_MATCH"
  | "WOULD_TRIGGER"
  | "MARKET_STALE"
  | "MARKET_HALTED"
  | "TIME_IN_FORCE"
  | "CANCELLED_BY_USER"
  | "REPLACED"
  | "CANCEL_AFTER"
  | "ACCOUNT_RESET"
  | "TRADING_CLOSED";

export type Ending =
  | { readonly status: "filled"; readonly reason: null }
  | { readonly status: "cancelled" | "expired"; readonly reason: EndReason };

export const FILLED: Ending = { status: "filled", reason: null };

/** Ends an order: out of every index, its reserve released, told, and into the history. Returns its last view. */
export function endOrder(turn: Turn, order: LiveOrder, { status, reason }: Ending): Order {
  invariant(order.stage !== "ended", "an order ends once");
  const user = ownerOf(turn.state, order);
  const market = marketOf(turn.state, order.symbol);
  const changes = turn.of(user);
  delist(turn.state, order);
  const portfolio = portfolioOf(user, order.account);
  releaseDownTo(changes, portfolio, market, order, ZERO, `order:${status}`);
  forget(user, order);
  order.stage = "ended";
  order.status = status;
  order.reason = reason;
  order.aheadShown = null;
  order.updatedAt = turn.at;
  if (status === "filled") order.filledAt = turn.at;

  const view = changes.view(order);
  changes.close(order, view);
  changes.emit(`order:${status}`, reason === null ? { order: view } : { order: view, reason });
  return view;
}

/** Ends the other leg of an OCO when this one fills or triggers, and takes over what it had reserved. */
export function endSibling(turn: Turn, order: LiveOrder): void {
  const sibling = siblingOf(ownerOf(turn.state, order), order);
  if (sibling === undefined) return;
  order.reserved += sibling.reserved;
  sibling.reserved = ZERO;
  endOrder(turn, sibling, { status: "expired", reason: "OCO_TRIGGER" });
}

export function siblingOf(user: User, order: LiveOrder): LiveOrder | undefined {
  if (order.listId === null) return undefined;
  for (const other of user.orders.values()) {
    if (other !== order && other.listId === order.listId) return other;
  }
  return undefined;
}

/** Ends an order and, when it is one of an OCO, the other leg with it. */
export function endList(turn: Turn, order: LiveOrder, ending: Ending): Order[] {
  const sibling = siblingOf(ownerOf(turn.state, order), order);
  const ended = [endOrder(turn, order, ending)];
  if (sibling !== undefined) ended.push(endOrder(turn, sibling, ending));
  return ended;
}

/** Cancels an order, and with it the other leg when it is one of an OCO, as Binance does. */
export function cancelOrder(turn: Turn, order: LiveOrder, reason: EndReason): Order[] {
  return endList(turn, order, { status: "cancelled", reason });
}

function forget(user: User, order: LiveOrder): void {
  user.orders.delete(order.id);
  if (user.clientOrderIds.get(order.clientOrderId) === order.id) {
    user.clientOrderIds.delete(order.clientOrderId);
  }
}
