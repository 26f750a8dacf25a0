import { type ErrorCode, type Refusal, refusal } from "@mirrorbook/kernel";
import type { Answer, Command, NewOrder, Order, PlacedOrder, Trade } from "@mirrorbook/protocol";
import { type Admission, admit, checkMarketState } from "../admission.ts";
import { latencyOf } from "../latency.ts";
import { reserve } from "../ledger.ts";
import type { Market } from "../market.ts";
import { reachBook } from "../matching.ts";
import { isTriggered, type LiveOrder, reservedAssetOf, UNTOUCHED } from "../order.ts";
import { enlist } from "../order-index.ts";
import { startTrailing } from "../triggers.ts";
import type { Turn } from "../turn.ts";
import type { Portfolio, User } from "../user.ts";
import { accountFor } from "./accounts.ts";

/** Whom an order is placed for, by which command. */
export interface Placing {
  readonly turn: Turn;
  readonly user: User;
  readonly command: Command;
}

export function placeOrder(placing: Placing, request: NewOrder): Answer<PlacedOrder> {
  const target = targetOf(placing, request);
  if ("code" in target) return { ok: false, error: target };
  const { market, portfolio } = target;
  const duplicate = checkClientOrderId(placing.user, placing.command.key);
  if (duplicate !== null) return { ok: false, error: duplicate };
  const admitted = admit(placing.turn, placing.user, request, market, portfolio);
  if (!admitted.ok) return reject(placing, request, market, admitted.error);
  return { ok: true, value: accept(placing, admitted.admission) };
}

/** The market and portfolio an order names, or why it cannot be placed at all now. Opens the main portfolio. */
export function targetOf(
  { turn, user, command }: Placing,
  request: NewOrder,
): { readonly market: Market; readonly portfolio: Portfolio } | Refusal {
  const market = turn.state.markets.get(request.symbol);
  if (market === undefined) return refusal("UNKNOWN_MARKET", `No market ${request.symbol}.`);
  const notNow = checkMarketState(market, request);
  if (notNow !== null) return notNow;
  const portfolio = accountFor(turn, user, request.account, command.id);
  if (portfolio === undefined)
    return refusal("UNKNOWN_ACCOUNT", `No portfolio ${request.account}.`);
  return { market, portfolio };
}

/** As on Binance, a client's order id may be used again only when the order that has it is no longer open. */
export function checkClientOrderId(user: User, clientOrderId: string): Refusal | null {
  return user.clientOrderIds.has(clientOrderId)
    ? refusal("COMMAND_ID_REUSED", `An open order has the client order id ${clientOrderId}.`)
    : null;
}

/** Makes an admitted order and lets it go. */
export function accept(placing: Placing, admission: Admission): PlacedOrder {
  const order = makeOrder(placing, admission, `o-${placing.command.id}`, placing.command.key);
  return letGo(placing, admission, order);
}

/** Lets a new order go as far as it gets: to its trigger, on its way, or to the book. */
export function letGo(placing: Placing, admission: Admission, order: LiveOrder): PlacedOrder {
  const { turn, user } = placing;
  const { market } = admission.draft;
  const latency = latencyOf(admission.draft.portfolio.settings.latency, order.id);
  let trades: readonly Trade[] = [];
  if (latency > 0) {
    depart(placing, order, latency, admission);
  } else if (isTriggered(order.type)) {
    order.stage = "trigger";
    startTrailing(order, market);
    announce(turn, user, order, market, admission);
    enlist(turn.state, order);
  } else if (!market.isLive) {
    announce(turn, user, order, market, admission);
    enlist(turn.state, order);
  } else {
    order.status = "open";
    announce(turn, user, order, market, admission);
    trades = reachBook(turn, order, admission.walk ?? undefined);
  }
  return { order: turn.of(user).view(order), trades };
}

/** Sends an order on the way that the latency model makes it travel. */
export function depart(
  { turn, user }: Placing,
  order: LiveOrder,
  latencyMs: number,
  admission: Admission,
): void {
  order.dueAtMs = turn.atMs + latencyMs;
  announce(turn, user, order, admission.draft.market, admission);
  enlist(turn.state, order);
}

export function makeOrder(
  { turn, user }: Placing,
  { draft }: Admission,
  id: string,
  clientOrderId: string,
  listId: string | null = null,
): LiveOrder {
  const { request } = draft;
  return {
    ...UNTOUCHED,
    id,
    clientOrderId,
    userId: user.id,
    account: request.account,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    timeInForce: request.type === "market" ? "IOC" : request.timeInForce,
    postOnly: request.postOnly,
    quantity: draft.quantity,
    quoteQuantity: request.quoteQuantity,
    price: draft.price,
    stop: draft.stop,
    trailingBps: request.trailingBps,
    expireAtMs: draft.expireAtMs,
    listId,
    createdAt: turn.at,
    updatedAt: turn.at,
    queue: { ahead: 0, credit: 0 },
  };
}

/** Registers an order, locks what it reserves, and tells that it was created. */
export function announce(
  turn: Turn,
  user: User,
  order: LiveOrder,
  market: Market,
  admission: Admission,
): void {
  const changes = turn.of(user);
  user.orders.set(order.id, order);
  user.clientOrderIds.set(order.clientOrderId, order.id);
  const { portfolio } = admission.draft;
  order.reserved = admission.reserve;
  reserve(changes, {
    portfolio,
    asset: reservedAssetOf(order, market),
    amount: admission.reserve,
    reason: "order:created",
    cause: order.id,
  });
  changes.create(order);
  changes.emit("order:created", { order: changes.view(order) });
}

/** Records a refused order, so that a retry gets the same refusal; a refusal that may pass is not recorded. */
export function reject(
  { turn, user, command }: Placing,
  request: NewOrder,
  market: Market,
  error: Refusal,
): { readonly ok: false; readonly error: Refusal } {
  if (!error.retry) {
    const order = rejectedView(turn, command, request, market, error.code);
    const changes = turn.of(user);
    changes.rejected(order);
    changes.emit("order:rejected", { order, reason: error.code });
  }
  return { ok: false, error };
}

function rejectedView(
  turn: Turn,
  command: Command,
  request: NewOrder,
  market: Market,
  reason: ErrorCode,
): Order {
  const { quantity, quoteQuantity, price, stopPrice, trailingBps } = request;
  return {
    id: `o-${command.id}`,
    clientOrderId: command.key,
    account: request.account,
    pair: market.spec.pair,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    timeInForce: request.timeInForce,
    postOnly: request.postOnly,
    quantity,
    quoteQuantity,
    price,
    stopPrice,
    trailingBps,
    status: "rejected",
    filledQuantity: "0",
    remainingQuantity: quantity,
    averagePrice: null,
    fee: "0",
    feeAsset: null,
    queueAhead: null,
    listId: null,
    reason,
    expireAt: request.expireAtMs === null ? null : new Date(request.expireAtMs).toISOString(),
    createdAt: turn.at,
    updatedAt: turn.at,
    filledAt: null,
  };
}
