/**
 * Commands: what gateways and workers append to the `commands` stream and the leader applies, in the stream's order.
 * Identity (`userId`) comes from a verified token, never from a body. Markets are resolved: bodies carry symbols.
 */
import type { Refusal } from "@mirrorbook/kernel";
import type { z } from "zod";
import type { Balance, Portfolio } from "./accounts.ts";
import type { Order, OrderSide, OrderType, TimeInForce, Trade } from "./orders.ts";
import type { RoomCommandAnswers, RoomCommandBody } from "./room-commands.ts";

/** An order as the exchange takes it. Decimal text throughout; absent is `null`. */
export interface NewOrder {
  readonly account: string;
  readonly symbol: string;
  readonly side: z.infer<typeof OrderSide>;
  readonly type: OrderType;
  readonly quantity: string | null;
  readonly quoteQuantity: string | null;
  readonly price: string | null;
  readonly stopPrice: string | null;
  readonly trailingBps: number | null;
  readonly timeInForce: TimeInForce;
  readonly expireAtMs: number | null;
  readonly postOnly: boolean;
}

/** How a portfolio trades; a trade room gives all its members the same. */
export interface PortfolioSettings {
  /** Decimal text; `null`: the venue's rate. */
  readonly makerFeeRate: string | null;
  readonly takerFeeRate: string | null;
  /** When a resting order fills: behind the queue at its price, as soon as its price trades, or only beyond it. */
  readonly fillModel: "queue" | "touch" | "cross";
  /** Who shares the liquidity taken: everyone ("global"), or the portfolios of this account name ("account"). */
  readonly heldScope: "global" | "account";
  /** Delay between acceptance and matching; `null`: none. Samples derive from order ids, so replay repeats them. */
  readonly latency:
    | { readonly kind: "constant"; readonly ms: number }
    | { readonly kind: "sampled"; readonly minMs: number; readonly maxMs: number }
    | null;
  /** Whether the user may deposit, withdraw and reset. */
  readonly ownFunding: boolean;
  /** Whether new orders are taken. */
  readonly trading: boolean;
  /** Whether orders also need the gate of the account open: a trade room that runs opens it for all its members. */
  readonly gated?: boolean;
}

export type OrderTarget = { readonly orderId: string } | { readonly clientOrderId: string };

export type CommandBody =
  /** Creates the user's main portfolio; harmless when it exists. */
  | { readonly type: "account:open" }
  /** Opens a further portfolio, or changes the settings of one. Only the system sends it, never a client. */
  | {
      readonly type: "account:open_portfolio";
      readonly account: string;
      readonly startingBalance: string;
      readonly settings: PortfolioSettings;
    }
  /**
   * Ends a portfolio: open orders are cancelled, positions sold at the book when `liquidate`, and nothing is traded in it
   * until it is opened again. Only the system sends it.
   */
  | {
      readonly type: "account:close_portfolio";
      readonly account: string;
      readonly liquidate: boolean;
    }
  | {
      readonly type: "account:deposit";
      readonly account: string;
      readonly asset: string;
      readonly amount: string;
    }
  | {
      readonly type: "account:withdraw";
      readonly account: string;
      readonly asset: string;
      readonly amount: string;
    }
  | { readonly type: "account:reset"; readonly account: string }
  /** Cancels all open orders at leader time + timeoutMs unless refreshed; 0 disarms. */
  | { readonly type: "account:cancel_after"; readonly timeoutMs: number }
  | { readonly type: "order:place"; readonly order: NewOrder }
  | {
      readonly type: "order:place_oco";
      readonly account: string;
      readonly symbol: string;
      readonly side: "buy" | "sell";
      readonly quantity: string;
      readonly price: string;
      readonly stopPrice: string;
      readonly stopLimitPrice: string | null;
    }
  | { readonly type: "order:preview"; readonly order: NewOrder }
  | { readonly type: "order:cancel"; readonly target: OrderTarget }
  | {
      readonly type: "order:cancel_all";
      readonly account: string | null;
      readonly symbol: string | null;
    }
  | { readonly type: "order:amend"; readonly orderId: string; readonly quantity: string }
  | { readonly type: "order:cancel_replace"; readonly orderId: string; readonly order: NewOrder };

export type CommandType = CommandBody["type"];
/** Whatever can stand in the stream. */
export type StreamCommandBody = CommandBody | RoomCommandBody;

/** A command as read back from the stream. `id` is the stream id `<ms>-<n>`: it orders commands and names what they make. */
export interface Command<B extends StreamCommandBody = CommandBody> {
  readonly id: string;
  readonly userId: string;
  /**
   * Idempotency key, unique per user: the client order id, or one made by the gateway. The same key with the same body
   * gives the first answer again; with another body it is refused (`COMMAND_ID_REUSED`).
   */
  readonly key: string;
  /** Name of the node that waits for the answer, and its own number for the request. */
  readonly replyTo: string;
  readonly requestId: number;
  readonly body: B;
  /** When the sender sent this attempt, by its own clock. */
  readonly sentAtMs?: number | undefined;
  /** W3C trace context, when the command is traced. */
  readonly traceparent?: string | undefined;
}
/** A command as it is read: for the exchange, or for a trade room. */
export type StreamCommand = Command<StreamCommandBody>;

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly replayed?: true }
  | { readonly ok: false; readonly error: Refusal };

export interface PlacedOrder {
  readonly order: Order;
  readonly trades: readonly Trade[];
}

/** What each command answers with. */
export interface CommandAnswers {
  "account:open": { readonly balances: readonly Balance[] };
  "account:open_portfolio": { readonly balances: readonly Balance[] };
  "account:close_portfolio": { readonly portfolio: Portfolio };
  "account:deposit": { readonly balance: Balance };
  "account:withdraw": { readonly balance: Balance };
  "account:reset": { readonly balances: readonly Balance[]; readonly portfolio: Portfolio };
  "account:cancel_after": { readonly cancelAt: string | null };
  "order:place": PlacedOrder;
  "order:place_oco": { readonly orders: readonly Order[] };
  "order:preview": import("./orders.ts").OrderPreview;
  "order:cancel": { readonly order: Order };
  "order:cancel_all": { readonly orders: readonly Order[] };
  "order:amend": { readonly order: Order };
  "order:cancel_replace": { readonly cancelled: Order; readonly placed: PlacedOrder };
}

export type StreamCommandAnswers = CommandAnswers & RoomCommandAnswers;
