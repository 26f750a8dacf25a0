import {
  AmendOrder,
  CancelReplace,
  type CommandBody,
  Order,
  OrderPreview,
  OrderStatus,
  PlaceOco,
  PlaceOrder,
  Trade,
} from "@mirrorbook/protocol";
import { z } from "zod";
import type { Identity } from "../auth/identity.ts";
import { commandKey, newOco, newOrder, type ResolveMarket } from "../commands/command-bodies.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { OrderReader } from "../reads/order-reader.ts";
import { PageQuery, pageOf } from "./lists.ts";
import { Reply, type Route, userRoute } from "./route.ts";

const PlacedOrder = z.object({ order: Order, trades: z.array(Trade) });
const OrderId = z.object({ id: z.string().min(1).max(64) });
const Quantity = AmendOrder.pick({ quantity: true });
const ReplaceWith = CancelReplace.pick({ order: true });
const ListQuery = PageQuery.extend({
  status: z.union([z.enum(["open", "closed"]), OrderStatus]).optional(),
  pair: z.string().min(1).max(32).optional(),
});
const CancelAllQuery = z.object({
  pair: z.string().min(1).max(32).optional(),
  account: z.string().min(1).max(64).optional(),
});

type Placing = Pick<PlaceOrder, "clientOrderId" | "sentAt">;

export function orderRoutes(
  desk: TradingDesk,
  reader: OrderReader,
  resolve: ResolveMarket,
): Route[] {
  /** 201 for a new order, 200 for an earlier answer given again. */
  const place = async (
    { userId }: Identity,
    { clientOrderId, sentAt }: Placing,
    idempotencyKey: string | undefined,
    body: CommandBody,
  ) => {
    const key = commandKey(clientOrderId, idempotencyKey);
    const { value, replayed } = await desk.submit(userId, key, body, sentAt);
    return new Reply(replayed ? 200 : 201, value);
  };
  const change = async (identity: Identity, key: string | undefined, body: CommandBody) =>
    (await desk.submit(identity.userId, key, body)).value;

  return [
    userRoute(
      {
        method: "post",
        path: "/orders",
        summary: "Places an order.",
        body: PlaceOrder,
        answer: PlacedOrder,
        status: 201,
      },
      ({ body, identity, idempotencyKey }) =>
        place(identity, body, idempotencyKey, {
          type: "order:place",
          order: newOrder(body, resolve),
        }),
    ),
    userRoute(
      {
        method: "post",
        path: "/orders/oco",
        summary: "Places a limit and a stop; one cancels the other.",
        body: PlaceOco,
        answer: z.object({ orders: z.array(Order) }),
        status: 201,
      },
      ({ body, identity, idempotencyKey }) =>
        place(identity, body, idempotencyKey, newOco(body, resolve)),
    ),
    userRoute(
      {
        method: "post",
        path: "/orders/preview",
        summary: "Tells what an order would do now.",
        body: PlaceOrder,
        answer: OrderPreview,
      },
      ({ body, identity }) =>
        change(identity, undefined, { type: "order:preview", order: newOrder(body, resolve) }),
    ),
    userRoute(
      {
        method: "get",
        path: "/orders",
        summary: "Lists orders, open ones first, then closed ones, newest first.",
        query: ListQuery,
        answer: pageOf("orders", Order),
      },
      ({ query, identity }) => {
        const symbol = query.pair === undefined ? null : resolve(query.pair);
        return reader.list(identity.userId, { ...query, symbol });
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/orders/:id",
        summary: "Tells of one order, by its id or by the client's.",
        params: OrderId,
        answer: z.object({ order: Order }),
      },
      async ({ params, identity }) => ({ order: await reader.find(identity.userId, params.id) }),
    ),
    userRoute(
      {
        method: "patch",
        path: "/orders/:id",
        summary: "Lowers an order's quantity; it keeps its place in the queue.",
        params: OrderId,
        body: Quantity,
        answer: z.object({ order: Order }),
      },
      ({ params, body, identity, idempotencyKey }) =>
        change(identity, idempotencyKey, { type: "order:amend", orderId: params.id, ...body }),
    ),
    userRoute(
      {
        method: "post",
        path: "/orders/:id/replace",
        summary: "Cancels an order and places another, or neither.",
        params: OrderId,
        body: ReplaceWith,
        answer: z.object({ cancelled: Order, placed: PlacedOrder }),
        status: 201,
      },
      ({ params, body, identity, idempotencyKey }) =>
        place(identity, body.order, idempotencyKey, {
          type: "order:cancel_replace",
          orderId: params.id,
          order: newOrder(body.order, resolve),
        }),
    ),
    userRoute(
      {
        method: "delete",
        path: "/orders/:id",
        summary: "Cancels an order.",
        params: OrderId,
        answer: z.object({ order: Order }),
      },
      ({ params, identity, idempotencyKey }) =>
        change(identity, idempotencyKey, { type: "order:cancel", target: { orderId: params.id } }),
    ),
    userRoute(
      {
        method: "delete",
        path: "/orders",
        summary: "Cancels all open orders, of one market or of all.",
        query: CancelAllQuery,
        answer: z.object({ orders: z.array(Order) }),
      },
      ({ query, identity, idempotencyKey }) =>
        change(identity, idempotencyKey, {
          type: "order:cancel_all",
          account: query.account ?? null,
          symbol: query.pair === undefined ? null : resolve(query.pair),
        }),
    ),
  ];
}
