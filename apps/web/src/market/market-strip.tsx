import type { MarketInfo } from "@mirrorbook/protocol";
import { useMarkets, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { type KeyboardEvent, useRef } from "react";
import { arrow, fixed, marketName, signed } from "../lib/format.ts";
import { setDirection, setText, useFrameDraw } from "../lib/frame.ts";
import { useMarket, useModel } from "../model/context.ts";
import { stepMarket } from "./step-market.ts";

/** All markets with their last price and change over 24 hours; one is in view. */
export function MarketStrip() {
  const { markets, loaded } = useMarkets();
  const model = useModel();
  const current = useMarket();
  const list = useRef<HTMLDivElement>(null);

  function onKeyDown(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || current === null) return;
    event.preventDefault();
    stepMarket(markets, current.symbol, by, (symbol) => model.chooseMarket(symbol));
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus(),
    );
  }

  return (
    <div
      ref={list}
      className="market-strip"
      role="tablist"
      aria-label="Markets"
      id="markets"
      onKeyDown={onKeyDown}
    >
      {loaded || markets.length > 0
        ? markets.map((market) => (
            <MarketTab
              key={market.symbol}
              market={market}
              selected={market.symbol === current?.symbol}
              onSelect={() => model.chooseMarket(market.symbol)}
            />
          ))
        : [0, 1, 2, 3, 4].map((n) => <span key={n} className="market-tab placeholder" />)}
    </div>
  );
}

function MarketTab(props: { market: MarketInfo; selected: boolean; onSelect: () => void }) {
  const { market, selected, onSelect } = props;
  const ticker = useMirrorbook().ticker(market.symbol);
  const price = useRef<HTMLSpanElement>(null);
  const change = useRef<HTMLSpanElement>(null);

  useFrameDraw(() => {
    const now = ticker.getSnapshot();
    setText(price.current, fixed(now?.last, market.priceDecimals));
    const percent = now?.change24h;
    const direction = Math.sign(Number(percent ?? 0));
    setText(
      change.current,
      percent === undefined ? "" : `${arrow(direction)} ${signed(percent, 2)}%`,
    );
    setDirection(change.current, direction);
  }, [ticker]);

  const [base, quote] = marketName(market.pair).split("/");
  return (
    <button
      type="button"
      role="tab"
      className="market-tab"
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      onClick={onSelect}
    >
      <span className="market-name">
        {base}
        <small>/{quote}</small>
      </span>
      <span ref={price} className="market-price" />
      <span ref={change} className="market-change" />
      <MarketFlag symbol={market.symbol} />
    </button>
  );
}

function MarketFlag({ symbol }: { symbol: string }) {
  const feed = useReadable(useMirrorbook().feed(symbol));
  if (feed === null || feed.status === "live") return null;
  return <span className="market-flag">{feed.status}</span>;
}
