import type { MarketInfo, Order } from "@mirrorbook/protocol";
import {
  arrow,
  directionOf,
  fixed,
  marketName,
  momentOf,
  NONE,
  signed,
  trimmed,
  words,
} from "../lib/format.ts";

export function SideCell({ side }: { side: "buy" | "sell" }) {
  return (
    <span className="side-cell" data-side={side}>
      <span aria-hidden="true">{arrow(side === "buy" ? 1 : -1)} </span>
      {side === "buy" ? "Buy" : "Sell"}
    </span>
  );
}

export function MarketCell({ pair }: { pair: string }) {
  const [base, quote] = marketName(pair).split("/");
  return (
    <span className="market-cell">
      {base}
      <small>/{quote}</small>
    </span>
  );
}

export function TimeCell({ at }: { at: string }) {
  return <time dateTime={at}>{momentOf(at)}</time>;
}

/** A gain or loss, with its sign. */
export function Gain({
  value,
  decimals,
  unit,
}: {
  value: string;
  decimals: number;
  unit?: string;
}) {
  return (
    <span data-direction={directionOf(Number(value), decimals)}>
      {signed(value, decimals)}
      {unit}
    </span>
  );
}

export function priceText(
  price: string | null,
  symbol: string,
  markets: readonly MarketInfo[],
): string {
  return price === null ? NONE : fixed(price, decimalsOf(symbol, markets));
}

export function decimalsOf(symbol: string, markets: readonly MarketInfo[]): number {
  return markets.find((market) => market.symbol === symbol)?.priceDecimals ?? 2;
}

export function typeText(order: Order): string {
  const type = order.listId !== null ? `OCO ${words(order.type).toLowerCase()}` : words(order.type);
  const terms = [
    order.postOnly ? "post only" : "",
    order.timeInForce === "GTC" ? "" : order.timeInForce,
  ];
  const text = [type, ...terms].filter((part) => part !== "").join(", ");
  return order.type === "market" ? "Market" : text;
}

/** What triggers the order: a price, or a trail. */
export function triggerText(order: Order, markets: readonly MarketInfo[]): string {
  const trail = order.trailingBps === null ? "" : `${trimmed(order.trailingBps / 100, 2)}%`;
  const stop = order.stopPrice === null ? "" : priceText(order.stopPrice, order.symbol, markets);
  return [stop, trail].filter((part) => part !== "").join(" · ") || NONE;
}

export function amountText(order: Order): string {
  if (order.quantity !== null) return trimmed(order.quantity, 8);
  return `${trimmed(order.quoteQuantity, 2)} ${marketName(order.pair).split("/")[1]}`;
}
