import type { MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import { useRef } from "react";
import { arrow, fixed } from "../lib/format.ts";
import { setDirection, setText, useFrameDraw } from "../lib/frame.ts";

/** Last price with its direction, mid and spread, between the two sides. */
export function LadderMiddle({ market }: { market: MarketInfo }) {
  const { priceDecimals } = market;
  const ticker = useMirrorbook().ticker(market.symbol);
  const last = useRef<HTMLSpanElement>(null);
  const mid = useRef<HTMLSpanElement>(null);
  const spread = useRef<HTMLSpanElement>(null);
  const shown = useRef({ price: null as string | null, direction: 0 });

  useFrameDraw(() => {
    const now = ticker.getSnapshot();
    if (now === null) return;
    const before = shown.current.price;
    if (now.last !== null && before !== null && now.last !== before) {
      shown.current.direction = Math.sign(Number(now.last) - Number(before));
    }
    shown.current.price = now.last;
    const { direction } = shown.current;
    setText(last.current, `${fixed(now.last, priceDecimals)} ${arrow(direction)}`);
    setDirection(last.current, direction);
    setText(mid.current, midText(now.bid, now.ask, priceDecimals));
    setText(spread.current, spreadText(now.bid, now.ask, priceDecimals));
  }, [ticker]);

  return (
    <div className="ladder-middle">
      <span ref={last} className="last-price" />
      <span className="mid-and-spread">
        <span ref={mid} />
        <span ref={spread} />
      </span>
    </div>
  );
}

/** Half a tick lies between two prices: one digit more than they have. */
function midText(bid: string | null, ask: string | null, decimals: number): string {
  return bid === null || ask === null
    ? ""
    : `mid ${fixed((Number(bid) + Number(ask)) / 2, decimals + 1)}`;
}

function spreadText(bid: string | null, ask: string | null, decimals: number): string {
  if (bid === null || ask === null) return "";
  const width = Number(ask) - Number(bid);
  const bps = (width / ((Number(ask) + Number(bid)) / 2)) * 10_000;
  return `spread ${fixed(width, decimals)} · ${fixed(bps, bps < 1 ? 3 : 1)} bp`;
}
