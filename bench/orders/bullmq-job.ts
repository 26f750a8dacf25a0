export const ORDERS_QUEUE = "orders";

export interface OrderJob {
  readonly userId: string;
  readonly key: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly type: string;
  readonly quantity: string;
}
