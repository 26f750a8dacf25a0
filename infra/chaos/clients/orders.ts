/** Makes up commands of every kind, sized so that most are accepted and some are refused. */

import type { Random } from "@mirrorbook/testkit/random";
import type { Json } from "../evidence.ts";

export interface Market {
  readonly symbol: string;
  /** Wallet name of its base. */
  readonly base: string;
  /** Decimals of its price step and of its size step. */
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

export interface Message {
  readonly message: string;
  readonly key: string;
  readonly body: Json;
}

export interface OpenOrder {
  readonly id: string;
  readonly symbol: string;
  readonly quantity: string;
}

export interface Situation {
  readonly random: Random;
  readonly key: string;
  readonly market: Market;
  /** Price now. */
  readonly price: number;
  /** Orders that may be open, newest last. */
  readonly open: readonly OpenOrder[];
  /** An amount no other transfer of the run has. */
  readonly uniqueAmount: () => string;
}

const KINDS = {
  market: 5,
  market_quote: 3,
  limit_resting: 5,
  limit_crossing: 2,
  limit_ioc: 1,
  limit_fok: 1,
  limit_gtd: 1,
  post_only: 2,
  stop: 1,
  stop_limit: 1,
  take_profit: 1,
  take_profit_limit: 1,
  trailing_stop: 1,
  oco: 1,
  cancel: 4,
  amend: 2,
  cancel_replace: 2,
  cancel_all: 1,
  deposit: 1,
  withdraw: 1,
} as const;
type Kind = keyof typeof KINDS;

const GTD_MS = 5_000;

export function drawMessage(situation: Situation): Message {
  const { random, market } = situation;
  const open = situation.open.filter(({ symbol }) => symbol === market.symbol);
  const kind = random.weighted(KINDS);
  const needsOrder = kind === "cancel" || kind === "amend" || kind === "cancel_replace";
  const possible = needsOrder && open.length === 0 ? "limit_resting" : kind;
  return messageOf(possible, { ...situation, open });
}

function messageOf(kind: Kind, situation: Situation): Message {
  const { random, key, open, uniqueAmount, market } = situation;
  switch (kind) {
    case "cancel":
      return {
        message: "order:cancel",
        key,
        body: { orderId: random.pick(open).id, commandId: key },
      };
    case "cancel_all":
      return { message: "order:cancel_all", key, body: { pair: market.symbol, commandId: key } };
    case "amend": {
      const { id, quantity } = random.pick(open);
      const less = fixed(Number(quantity) * random.between(0.4, 0.9), market.sizeDecimals);
      return { message: "order:amend", key, body: { orderId: id, quantity: less, commandId: key } };
    }
    case "cancel_replace": {
      const order = { ...placeBody("limit_resting", situation), clientOrderId: key };
      return {
        message: "order:cancel_replace",
        key,
        body: { orderId: random.pick(open).id, order },
      };
    }
    case "deposit":
    case "withdraw": {
      const body = { asset: "SIM_USD", amount: uniqueAmount(), commandId: key };
      return { message: `account:${kind}`, key, body };
    }
    case "oco":
      return {
        message: "order:place_oco",
        key,
        body: { ...ocoBody(situation), clientOrderId: key },
      };
    default:
      return {
        message: "order:place",
        key,
        body: { ...placeBody(kind, situation), clientOrderId: key },
      };
  }
}

function placeBody(kind: Kind, situation: Situation): Json {
  const { random, market, price } = situation;
  const side = random.chance(0.55) ? "buy" : "sell";
  const away = side === "buy" ? -1 : 1;
  const at = (share: number) => fixed(price * (1 + share), market.priceDecimals);
  const quantity = fixed(random.between(30, 600) / price, market.sizeDecimals);
  const common = { pair: market.symbol, side, quantity };
  switch (kind) {
    case "market":
      return { ...common, type: "market" };
    case "market_quote": {
      const quoteQuantity = fixed(random.between(20, 500), 2);
      return { pair: market.symbol, side, type: "market", quoteQuantity };
    }
    case "limit_crossing":
      return { ...common, type: "limit", price: at(-away * 0.0005) };
    case "limit_ioc":
      return { ...common, type: "limit", timeInForce: "IOC", price: at(-away * 0.0002) };
    case "limit_fok":
      return { ...common, type: "limit", timeInForce: "FOK", price: at(-away * 0.0005) };
    case "limit_gtd": {
      const expireAt = new Date(Date.now() + GTD_MS).toISOString();
      return { ...common, type: "limit", timeInForce: "GTD", expireAt, price: at(away * 0.001) };
    }
    case "post_only":
      return {
        ...common,
        type: "limit",
        postOnly: true,
        price: at(away * random.between(0, 0.0005)),
      };
    case "stop":
      return { ...common, type: "stop", stopPrice: at(-away * random.between(0.0001, 0.001)) };
    case "take_profit":
      return {
        ...common,
        type: "take_profit",
        stopPrice: at(away * random.between(0.0001, 0.001)),
      };
    case "stop_limit":
      return {
        ...common,
        type: "stop_limit",
        stopPrice: at(-away * 0.0003),
        price: at(-away * 0.0004),
      };
    case "take_profit_limit":
      return {
        ...common,
        type: "take_profit_limit",
        stopPrice: at(away * 0.0003),
        price: at(away * 0.0002),
      };
    case "trailing_stop":
      return { ...common, type: "trailing_stop", trailingBps: 10 + random.below(20) };
    default:
      return { ...common, type: "limit", price: at(away * random.between(0.00005, 0.002)) };
  }
}

function ocoBody({ random, market, price }: Situation): Json {
  const side = random.chance(0.5) ? "buy" : "sell";
  const away = side === "buy" ? -1 : 1;
  return {
    pair: market.symbol,
    side,
    quantity: fixed(random.between(30, 300) / price, market.sizeDecimals),
    price: fixed(price * (1 + away * 0.0005), market.priceDecimals),
    stopPrice: fixed(price * (1 - away * 0.0005), market.priceDecimals),
  };
}

function fixed(value: number, decimals: number): string {
  return value
    .toFixed(decimals)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}
