import type { MarketInfo, Position } from "@mirrorbook/protocol";
import { useMarkets, useMirrorbook, usePortfolio } from "@mirrorbook/sdk/react";
import { useRef, useState } from "react";
import { assetName, directionOf, fixed, marketName, signed, trimmed } from "../lib/format.ts";
import { setDirection, setText, useFrameDraw } from "../lib/frame.ts";
import { useAccount, useModel } from "../model/context.ts";
import { decimalsOf, Gain, MarketCell, priceText, TimeCell } from "./cells.tsx";
import { type Column, Table } from "./table.tsx";

export function Positions() {
  const { positions, loaded } = usePortfolio(useAccount());
  const { markets } = useMarkets();
  const open = positions.filter((position) => position.status === "open");
  const columns: Column<Position>[] = [
    { label: "Market", cell: (p) => <MarketCell pair={p.pair} /> },
    { label: "Amount", isNumber: true, cell: (p) => `${trimmed(p.quantity, 8)} ${marketName(p.pair).split("/")[0]}` },
    { label: "Entry", isNumber: true, cell: (p) => priceText(p.entryPrice, p.symbol, markets) },
    { label: "Now", isNumber: true, cell: (p) => <Live position={p} markets={markets} show={showPrice} /> },
    { label: "Value", isNumber: true, isMinor: true, cell: (p) => <Live position={p} markets={markets} show={showValue} /> },
    { label: "Unrealised", isNumber: true, cell: (p) => <Live position={p} markets={markets} show={showGain} /> },
    { label: "Realised", isNumber: true, cell: (p) => <Gain value={p.realizedPnL} decimals={2} /> },
    { label: "Opened", isMinor: true, cell: (p) => <TimeCell at={p.openedAt} /> },
    { label: "Actions", cell: (p) => <Close position={p} /> },
  ]; // biome-ignore format: a table
  return (
    <Table
      label="Positions"
      columns={columns}
      items={open}
      loaded={loaded}
      keyOf={(p) => `${p.account}/${p.symbol}`}
      empty="No positions. What you buy shows here with its profit, marked at the best bid."
    />
  );
}

interface Shown {
  readonly text: string;
  readonly direction?: number;
}

type Show = (position: Position, bid: number, decimals: number) => Shown;

const showPrice: Show = (_position, bid, decimals) => ({ text: fixed(bid, decimals) });
const showValue: Show = ({ quantity }, bid) => ({ text: fixed(Number(quantity) * bid, 2) });
const showGain: Show = ({ quantity, entryPrice }, bid) => {
  const gain = (bid - Number(entryPrice)) * Number(quantity);
  const percent = (bid / Number(entryPrice) - 1) * 100;
  return { text: `${signed(gain, 2)} (${signed(percent, 2)}%)`, direction: directionOf(gain, 2) };
};

/** A figure that follows the best bid frame by frame, without a render. */
function Live(props: { position: Position; markets: readonly MarketInfo[]; show: Show }) {
  const { position, markets, show } = props;
  const ticker = useMirrorbook().ticker(position.symbol);
  const span = useRef<HTMLSpanElement>(null);
  useFrameDraw(() => {
    const bid = Number(ticker.getSnapshot()?.bid ?? position.currentPrice);
    const { text, direction } = show(position, bid, decimalsOf(position.symbol, markets));
    setText(span.current, text);
    if (direction !== undefined) setDirection(span.current, direction);
  }, [ticker]);
  return <span ref={span} />;
}

/** Sells the position at market; asks once more, in place. */
function Close({ position }: { position: Position }) {
  const client = useMirrorbook();
  const { notices } = useModel();
  const [asked, setAsked] = useState(false);
  const base = assetName(position.pair.split("/")[0]!);

  async function close(): Promise<void> {
    setAsked(false);
    const { symbol: pair, quantity, account } = position;
    const order = { pair, side: "sell", type: "market", quantity, account } as const;
    const answer = await client.placeOrder(order);
    if (!answer.ok) notices.add("refusal", `${base} not closed`, answer.error.message);
  }

  return (
    <span className="actions">
      {asked ? (
        <button
          type="button"
          className="quiet danger"
          onClick={() => void close()}
          onBlur={() => setAsked(false)}
        >
          Sell all at market?
        </button>
      ) : (
        <button type="button" className="quiet" onClick={() => setAsked(true)}>
          Close
        </button>
      )}
    </span>
  );
}
