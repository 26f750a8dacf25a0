import { useBook, useOrders, useTradingEvents } from "@mirrorbook/sdk/react";
import { useState } from "react";

/** The best prices of a market, one's open orders in it, and one's last fill. */
export function BestPrices({ pair }: { pair: string }) {
  const { book, current } = useBook(pair);
  const { open } = useOrders(pair);
  const [fill, setFill] = useState("none yet");
  useTradingEvents({
    "order:filled": ({ order }) => setFill(`${order.filledQuantity} at ${order.averagePrice}`),
  });
  if (book === null) return <p>Waiting for the book…</p>;
  return (
    <section aria-label={pair} aria-busy={!current}>
      <p>Bid {book.bids[0]?.join(" × ")}</p>
      <p>Ask {book.asks[0]?.join(" × ")}</p>
      <p>Open orders: {open.length}</p>
      <p>Last fill: {fill}</p>
    </section>
  );
}
