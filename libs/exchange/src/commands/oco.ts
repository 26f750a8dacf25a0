/**
 * One cancels the other: a resting limit leg and a stop leg that share one reserve, the larger need of the two. When one
 * fills, even in part, or triggers, the other expires; cancelling one cancels both. With a latency both legs arrive at the
 * same time; if one of them would then match or trigger, both expire.
 *
 * Source: Binance Spot, "New order list - OCO".
 */
import { type Refusal, refusal } from "@mirrorbook/kernel";
import type { Answer, CommandAnswers, CommandBody, NewOrder } from "@mirrorbook/protocol";
import { type Admission, admitDraft, checkTrading } from "../admission.ts";
import { readDraft } from "../draft.ts";
import { latencyOf } from "../latency.ts";
import { reachBook } from "../matching.ts";
import { maxOf, ZERO } from "../money.ts";
import type { LiveOrder } from "../order.ts";
import { enlist } from "../order-index.ts";
import {
  announce,
  checkClientOrderId,
  depart,
  makeOrder,
  type Placing,
  reject,
  targetOf,
} from "./place.ts";

type PlaceOco = Extract<CommandBody, { type: "order:place_oco" }>;
type Leg = "limit" | "stop";

export function legClientOrderId(key: string, leg: Leg): string {
  return `${key}.${leg}`;
}

export function placeOco(
  placing: Placing,
  body: PlaceOco,
): Answer<CommandAnswers["order:place_oco"]> {
  const { turn, user, command } = placing;
  const requests = { limit: limitLeg(body), stop: stopLeg(body) };
  const target = targetOf(placing, requests.limit);
  if ("code" in target) return { ok: false, error: target };
  const { market, portfolio } = target;
  if (!market.isLive) {
    return refused(refusal("MARKET_STALE", "An OCO needs a live market to be judged against."));
  }
  for (const leg of ["limit", "stop"] as const) {
    const duplicate = checkClientOrderId(user, legClientOrderId(command.key, leg));
    if (duplicate !== null) return refused(duplicate);
  }

  const admissions: Admission[] = [];
  for (const request of [requests.limit, requests.stop]) {
    const draft = readDraft(request, market, portfolio, turn.atMs);
    if ("code" in draft) return reject(placing, request, market, draft);
    const closed = checkTrading(turn.state, portfolio, market);
    if (closed !== null) return reject(placing, request, market, closed);
    const admitted = admitDraft(user, { ...draft, isLeg: true }, []);
    if (!admitted.ok) return reject(placing, request, market, admitted.error);
    admissions.push(admitted.admission);
  }
  const [limit, stop] = accept(placing, admissions as [Admission, Admission]);
  const changes = turn.of(user);
  return { ok: true, value: { orders: [changes.view(limit), changes.view(stop)] } };
}

function accept(
  placing: Placing,
  [limit, stop]: readonly [Admission, Admission],
): readonly [LiveOrder, LiveOrder] {
  const { turn, user, command } = placing;
  const { market } = limit.draft;
  const listId = `l-${command.id}`;
  const make = (admission: Admission, leg: Leg) => {
    const clientOrderId = legClientOrderId(command.key, leg);
    return makeOrder(placing, admission, `o-${command.id}-${leg}`, clientOrderId, listId);
  };
  const orders = [make(limit, "limit"), make(stop, "stop")] as const;
  const reserve = maxOf(limit.reserve, stop.reserve);
  const latency = latencyOf(limit.draft.portfolio.settings.latency, listId);
  if (latency > 0) {
    depart(placing, orders[0], latency, { ...limit, reserve });
    depart(placing, orders[1], latency, { ...stop, reserve: ZERO });
    return orders;
  }
  orders[0].status = "open";
  announce(turn, user, orders[0], market, { ...limit, reserve });
  announce(turn, user, orders[1], market, { ...stop, reserve: ZERO });
  orders[1].stage = "trigger";
  enlist(turn.state, orders[1]);
  turn.of(user).touchOrder(orders[1]);
  reachBook(turn, orders[0]);
  return orders;
}

function limitLeg(body: PlaceOco): NewOrder {
  return { ...common(body), type: "limit", price: body.price, stopPrice: null, postOnly: true };
}

function stopLeg(body: PlaceOco): NewOrder {
  return {
    ...common(body),
    type: body.stopLimitPrice === null ? "stop" : "stop_limit",
    price: body.stopLimitPrice,
    stopPrice: body.stopPrice,
    postOnly: false,
  };
}

function common({ account, symbol, side, quantity }: PlaceOco) {
  return {
    account,
    symbol,
    side,
    quantity,
    quoteQuantity: null,
    trailingBps: null,
    timeInForce: "GTC",
    expireAtMs: null,
  } as const;
}

function refused(error: Refusal): { readonly ok: false; readonly error: Refusal } {
  return { ok: false, error };
}
