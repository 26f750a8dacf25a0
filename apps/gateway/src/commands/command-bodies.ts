/** Turns what clients write into what the leader applies: markets resolved, defaults filled in, absent made `null`. */
import { AppError } from "@mirrorbook/kernel";
import type { CommandBody, NewOrder, PlaceOco, PlaceOrder } from "@mirrorbook/protocol";

export const MAIN_ACCOUNT = "main";

/** Resolves a client's word for a market. @throws {AppError} UNKNOWN_MARKET. */
export type ResolveMarket = (text: string) => string;

export function newOrder(order: PlaceOrder, resolve: ResolveMarket): NewOrder {
  return {
    account: order.account ?? MAIN_ACCOUNT,
    symbol: resolve(order.pair),
    side: order.side,
    type: order.type,
    quantity: order.quantity ?? null,
    quoteQuantity: order.quoteQuantity ?? null,
    price: order.price ?? null,
    stopPrice: order.stopPrice ?? null,
    trailingBps: order.trailingBps ?? null,
    timeInForce: order.timeInForce ?? (order.type === "market" ? "IOC" : "GTC"),
    expireAtMs: order.expireAt === undefined ? null : Date.parse(order.expireAt),
    postOnly: order.postOnly ?? false,
  };
}

export function newOco(
  oco: PlaceOco,
  resolve: ResolveMarket,
): Extract<CommandBody, { type: "order:place_oco" }> {
  return {
    type: "order:place_oco",
    account: oco.account ?? MAIN_ACCOUNT,
    symbol: resolve(oco.pair),
    side: oco.side,
    quantity: oco.quantity,
    price: oco.price,
    stopPrice: oco.stopPrice,
    stopLimitPrice: oco.stopLimitPrice ?? null,
  };
}

/** The key of a command: the body's own id wins; a different one in the header is a mistake. */
export function commandKey(inBody: string | undefined, inHeader: string | undefined) {
  if (inBody !== undefined && inHeader !== undefined && inBody !== inHeader) {
    throw new AppError("BAD_REQUEST", "Idempotency-Key differs from the id in the body.");
  }
  return inBody ?? inHeader;
}
