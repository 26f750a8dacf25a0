import type { MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook, usePortfolio } from "@mirrorbook/sdk/react";
import { useRef } from "react";
import { assetName, directionOf, fixed, NONE, signed, trimmed } from "../lib/format.ts";
import { setDirection, setText, useFrameDraw } from "../lib/frame.ts";
import { useAccount } from "../model/context.ts";

/** What one has in the market in view, below the ticket. */
export function PositionBrief({ market }: { market: MarketInfo }) {
  const { positions, balances } = usePortfolio(useAccount());
  const ticker = useMirrorbook().ticker(market.symbol);
  const worth = useRef<HTMLElement>(null);
  const gain = useRef<HTMLElement>(null);
  const position = positions.find(({ symbol }) => symbol === market.symbol);
  const held = balances.find(({ asset }) => asset === market.base);

  useFrameDraw(() => {
    const bid = Number(ticker.getSnapshot()?.bid ?? Number.NaN);
    const quantity = Number(held?.total ?? 0);
    setText(worth.current, quantity === 0 ? NONE : `$${fixed(quantity * bid, 2)}`);
    const profit =
      position === undefined ? 0 : (bid - Number(position.entryPrice)) * Number(position.quantity);
    setText(gain.current, position === undefined ? NONE : signed(profit, 2));
    setDirection(gain.current, directionOf(profit, 2));
  }, [ticker]);

  const base = assetName(market.base);
  return (
    <section className="brief" aria-label={`Your ${base}`}>
      <h2>Your {base}</h2>
      <dl>
        <div>
          <dt>Amount</dt>
          <dd className="number">{trimmed(held?.total ?? 0, 8)}</dd>
        </div>
        <div>
          <dt>In orders</dt>
          <dd className="number">{trimmed(held?.locked ?? 0, 8)}</dd>
        </div>
        <div>
          <dt>Entry price</dt>
          <dd className="number">{fixed(position?.entryPrice, market.priceDecimals)}</dd>
        </div>
        <div>
          <dt>Worth</dt>
          <dd ref={worth} className="number" />
        </div>
        <div>
          <dt>Unrealised</dt>
          <dd ref={gain} className="number" />
        </div>
      </dl>
    </section>
  );
}
