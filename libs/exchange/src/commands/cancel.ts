import { type Lots, type Refusal, refusal } from "@mirrorbook/kernel";
import type { Answer, CommandAnswers, CommandBody, Order, OrderTarget } from "@mirrorbook/protocol";
import { admit } from "../admission.ts";
import { cancelOrder, type EndReason, siblingOf } from "../life.ts";
import { isWhole, minOf, parseMoney, unitsIn } from "../money.ts";
import { compareOrders, type LiveOrder } from "../order.ts";
import { checkAmended } from "../rules.ts";
import { releaseDownTo, reserveNeeded } from "../settle.ts";
import { marketOf, portfolioOf } from "../state.ts";
import type { Turn } from "../turn.ts";
import type { User } from "../user.ts";
import { legClientOrderId } from "./oco.ts";
import { accept, checkClientOrderId, type Placing, reject, targetOf } from "./place.ts";

type Body<T extends CommandBody["type"]> = Extract<CommandBody, { type: T }>;

export function cancel(
  turn: Turn,
  user: User,
  target: OrderTarget,
): Answer<CommandAnswers["order:cancel"]> {
  const order = findOrder(user, target);
  if (order === undefined) return { ok: false, error: unknownOrder() };
  const [cancelled] = cancelOrder(turn, order, "CANCELLED_BY_USER");
  return { ok: true, value: { order: cancelled! } };
}

/** Cancels the open orders of an account (all: `null`) in a market (all: `null`), oldest first. */
export function cancelAll(
  turn: Turn,
  user: User,
  account: string | null,
  symbol: string | null,
  reason: EndReason,
): Order[] {
  const orders = [...user.orders.values()]
    .filter((order) => account === null || order.account === account)
    .filter((order) => symbol === null || order.symbol === symbol)
    .sort(compareOrders);
  const cancelled: Order[] = [];
  for (const order of orders) {
    if (user.orders.has(order.id)) cancelled.push(...cancelOrder(turn, order, reason));
  }
  return cancelled;
}

/** Lowers the total quantity in place: the order keeps its id and its place in the queue. */
export function amend(
  turn: Turn,
  user: User,
  body: Body<"order:amend">,
): Answer<CommandAnswers["order:amend"]> {
  const order = user.orders.get(body.orderId);
  if (order === undefined) return { ok: false, error: unknownOrder() };
  const market = marketOf(turn.state, order.symbol);
  const { sizeDecimals } = market.spec;
  const amount = parseMoney(body.quantity);
  const quantity = Number(unitsIn(amount, sizeDecimals)) as Lots;
  const refused = isWhole(amount, sizeDecimals)
    ? (checkAmend(user, order, quantity) ?? checkAmended(market, order, quantity))
    : refusal("LOT_SIZE", "The quantity is finer than the market's sizes.");
  if (refused !== null) return { ok: false, error: refused };

  const changes = turn.of(user);
  order.quantity = quantity;
  order.updatedAt = turn.at;
  const portfolio = portfolioOf(user, order.account);
  const needed = minOf(order.reserved, reserveNeeded(order, market));
  releaseDownTo(changes, portfolio, market, order, needed, "order:amended");
  changes.touchOrder(order);
  const view = changes.view(order);
  changes.emit("order:amended", { order: view });
  return { ok: true, value: { order: view } };
}

/**
 * Cancels one order and places another of the same market and portfolio in one step, with the funds of the first. When
 * the new one is refused, the old one stays.
 */
export function cancelReplace(
  placing: Placing,
  body: Body<"order:cancel_replace">,
): Answer<CommandAnswers["order:cancel_replace"]> {
  const { turn, user, command } = placing;
  const order = user.orders.get(body.orderId);
  if (order === undefined) return { ok: false, error: unknownOrder() };
  if (body.order.symbol !== order.symbol || body.order.account !== order.account) {
    const text = "The replacement stays in the market and portfolio of the order.";
    return { ok: false, error: refusal("BAD_REQUEST", text) };
  }
  const target = targetOf(placing, body.order);
  if ("code" in target) return { ok: false, error: target };
  const { market, portfolio } = target;
  const duplicate = checkClientOrderId(user, command.key);
  if (duplicate !== null) return { ok: false, error: duplicate };
  const sibling = siblingOf(user, order);
  const leaving = sibling === undefined ? [order] : [order, sibling];
  const admitted = admit(turn, user, body.order, market, portfolio, leaving);
  if (!admitted.ok) return reject(placing, body.order, market, admitted.error);
  const [cancelled] = cancelOrder(turn, order, "REPLACED");
  const placed = accept(placing, admitted.admission);
  return { ok: true, value: { cancelled: cancelled!, placed } };
}

/** A client's id of an OCO means its limit leg, and so both. */
function findOrder(user: User, target: OrderTarget): LiveOrder | undefined {
  if ("orderId" in target) return user.orders.get(target.orderId);
  const { clientOrderIds } = user;
  const id =
    clientOrderIds.get(target.clientOrderId) ??
    clientOrderIds.get(legClientOrderId(target.clientOrderId, "limit"));
  return id === undefined ? undefined : user.orders.get(id);
}

function checkAmend(user: User, order: LiveOrder, quantity: Lots): Refusal | null {
  if (order.quantity === null || siblingOf(user, order) !== undefined) {
    return refusal("BAD_REQUEST", "An order by quote amount or a leg of an OCO cannot be amended.");
  }
  if (quantity >= order.quantity) {
    return refusal("BAD_REQUEST", "An amendment only lowers the quantity.");
  }
  return quantity > order.filled
    ? null
    : refusal("BAD_REQUEST", "The order has already filled that much; cancel it instead.");
}

function unknownOrder(): Refusal {
  return refusal("UNKNOWN_ORDER", "No such open order.");
}
