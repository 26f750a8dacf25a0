/**
 * JSON text of what nearly every command stores or answers, written field by field: `JSON.stringify` looks at each name and
 * value anew and took a quarter of a market order's time.
 *
 * Promise: J1 each function returns, byte for byte, what `JSON.stringify` makes of its argument.
 *
 * Nothing is escaped, since nothing needs it: schemas and ids of our own let no text in that holds a quote, a backslash or
 * a control character.
 */
import type {
  Balance,
  Order,
  PlacedOrder,
  PortfolioSettings,
  Position,
  Trade,
} from "@mirrorbook/protocol";

export function orderJson(order: Order): string {
  return (
    `{"id":"${order.id}","clientOrderId":"${order.clientOrderId}","account":"${order.account}"` +
    `,"pair":"${order.pair}","symbol":"${order.symbol}","side":"${order.side}"` +
    `,"type":"${order.type}","timeInForce":"${order.timeInForce}","postOnly":${order.postOnly}` +
    `,"quantity":${orNull(order.quantity)},"quoteQuantity":${orNull(order.quoteQuantity)}` +
    `,"price":${orNull(order.price)},"stopPrice":${orNull(order.stopPrice)}` +
    `,"trailingBps":${order.trailingBps},"status":"${order.status}"` +
    `,"filledQuantity":"${order.filledQuantity}"` +
    `,"remainingQuantity":${orNull(order.remainingQuantity)}` +
    `,"averagePrice":${orNull(order.averagePrice)},"fee":"${order.fee}"` +
    `,"feeAsset":${orNull(order.feeAsset)},"queueAhead":${orNull(order.queueAhead)}` +
    `,"listId":${orNull(order.listId)},"reason":${orNull(order.reason)}` +
    `,"expireAt":${orNull(order.expireAt)},"createdAt":"${order.createdAt}"` +
    `,"updatedAt":"${order.updatedAt}","filledAt":${orNull(order.filledAt)}}`
  );
}

export function tradeJson(trade: Trade): string {
  return (
    `{"id":"${trade.id}","orderId":"${trade.orderId}","account":"${trade.account}"` +
    `,"pair":"${trade.pair}","symbol":"${trade.symbol}","side":"${trade.side}"` +
    `,"type":"${trade.type}","liquidity":"${trade.liquidity}","quantity":"${trade.quantity}"` +
    `,"price":"${trade.price}","value":"${trade.value}","fee":"${trade.fee}"` +
    `,"feeAsset":"${trade.feeAsset}","realizedPnL":"${trade.realizedPnL}"` +
    `,"bookUpdateId":${trade.bookUpdateId},"executedAt":"${trade.executedAt}"}`
  );
}

/**
 * The answer to a placed order. Joined, not added: it is kept, and V8 keeps a sum of texts as a tree of its parts, which
 * takes three times the room; a join copies.
 */
export function placedAnswerJson({ order, trades }: PlacedOrder): string {
  const parts = ['{"ok":true,"value":{"order":', orderJson(order), ',"trades":['];
  for (const trade of trades) parts.push(parts.length > 3 ? "," : "", tradeJson(trade));
  parts.push("]}}");
  return parts.join("");
}

export function balanceJson({ account, asset, total, available, locked }: Balance): string {
  return (
    `{"account":"${account}","asset":"${asset}","total":"${total}"` +
    `,"available":"${available}","locked":"${locked}"}`
  );
}

/** A position and, behind its public fields, what it cost. */
export function positionJson(position: Position, cost: string): string {
  return (
    `{"id":"${position.id}","account":"${position.account}","pair":"${position.pair}"` +
    `,"symbol":"${position.symbol}","side":"${position.side}","quantity":"${position.quantity}"` +
    `,"entryPrice":"${position.entryPrice}","currentPrice":"${position.currentPrice}"` +
    `,"unrealizedPnL":"${position.unrealizedPnL}"` +
    `,"unrealizedPnLPercent":"${position.unrealizedPnLPercent}"` +
    `,"realizedPnL":"${position.realizedPnL}","totalPnL":"${position.totalPnL}"` +
    `,"status":"${position.status}","openedAt":"${position.openedAt}"` +
    `,"closedAt":${orNull(position.closedAt)},"cost":"${cost}"}`
  );
}

const settingsTexts = new WeakMap<PortfolioSettings, string>();

/** Settings are replaced, never changed, so each is turned into text once. */
export function settingsJson(settings: PortfolioSettings): string {
  let text = settingsTexts.get(settings);
  if (text === undefined) {
    text = JSON.stringify(settings);
    settingsTexts.set(settings, text);
  }
  return text;
}

function orNull(text: string | null): string {
  return text === null ? "null" : `"${text}"`;
}
