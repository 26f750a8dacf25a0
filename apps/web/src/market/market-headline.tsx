import type { MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { useEffect, useRef } from "react";
import { arrow, assetName, fixed, marketName, signed, sized } from "../lib/format.ts";
import { setDirection, setText, useFrameDraw } from "../lib/frame.ts";

/** Name, last price and the day's figures of the market in view. */
export function MarketHeadline({ market }: { market: MarketInfo }) {
  const client = useMirrorbook();
  const ticker = client.ticker(market.symbol);
  const price = useRef<HTMLSpanElement>(null);
  const change = useRef<HTMLSpanElement>(null);
  const volume = useRef<HTMLSpanElement>(null);
  const feed = useReadable(client.feed(market.symbol));

  useFrameDraw(() => {
    const now = ticker.getSnapshot();
    setText(price.current, fixed(now?.last, market.priceDecimals));
    if (now?.change24h === undefined) return;
    const direction = Math.sign(Number(now.change24h));
    setText(change.current, `${arrow(direction)} ${signed(now.change24h, 2)}%`);
    setDirection(change.current, direction);
    const size = now.volume24h === undefined ? null : Number(now.volume24h);
    setText(volume.current, size === null ? "" : `${sized(size, 2)} ${assetName(market.base)}`);
  }, [ticker]);

  useEffect(() => {
    const title = () => {
      const last = ticker.getSnapshot()?.last;
      const text = last ? `${fixed(last, market.priceDecimals)} ` : "";
      document.title = `${text}${marketName(market.pair)} · Mirrorbook`;
    };
    title();
    const timer = setInterval(title, 1_000);
    return () => clearInterval(timer);
  }, [ticker, market]);

  return (
    <div className="headline">
      <h2>{marketName(market.pair)}</h2>
      <span ref={price} className="headline-price" />
      <dl>
        <div>
          <dt>24 h</dt>
          <dd ref={change} className="market-change" />
        </div>
        <div className="day-volume">
          <dt>Volume</dt>
          <dd ref={volume} />
        </div>
      </dl>
      {feed?.source === "simulated" && (
        <span
          className="badge simulated"
          title="Prices come from a market simulator, not from Binance"
        >
          Simulated market
        </span>
      )}
    </div>
  );
}
