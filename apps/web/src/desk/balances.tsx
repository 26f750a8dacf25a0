import type { Balance } from "@mirrorbook/protocol";
import { useMarkets, useMirrorbook, usePortfolio } from "@mirrorbook/sdk/react";
import { useRef } from "react";
import { assetName, fixed, trimmed } from "../lib/format.ts";
import { setText, useFrameDraw } from "../lib/frame.ts";
import { useAccount } from "../model/context.ts";
import { type Column, Table } from "./table.tsx";

export function Balances() {
  const { balances, loaded } = usePortfolio(useAccount());
  const { markets } = useMarkets();
  const quote = markets[0]?.quote;
  const columns: Column<Balance>[] = [
    { label: "Asset", cell: ({ asset }) => <strong>{assetName(asset)}</strong> },
    { label: "Total", isNumber: true, cell: ({ asset, total }) => amount(total, asset === quote) },
    { label: "Available", isNumber: true, cell: ({ asset, available }) => amount(available, asset === quote) },
    { label: "In orders", isNumber: true, cell: ({ asset, locked }) => amount(locked, asset === quote) },
    { label: "Worth", isNumber: true, cell: (balance) => <Worth balance={balance} quote={quote} /> },
  ]; // biome-ignore format: a table
  return (
    <Table
      label="Balances"
      columns={columns}
      items={balances}
      loaded={loaded}
      keyOf={({ account, asset }) => `${account}/${asset}`}
      empty="Nothing here yet."
    />
  );
}

const amount = (text: string, isMoney: boolean) => (isMoney ? fixed(text, 2) : trimmed(text, 8));

/** In dollars at the best bid, frame by frame. */
function Worth({ balance, quote }: { balance: Balance; quote: string | undefined }) {
  const { markets } = useMarkets();
  const market = markets.find(({ base }) => base === balance.asset);
  const span = useRef<HTMLSpanElement>(null);
  const ticker = useMirrorbook().ticker(market?.symbol ?? balance.asset);
  const isMoney = balance.asset === quote;
  useFrameDraw(
    () => {
      const bid = isMoney ? 1 : Number(ticker.getSnapshot()?.bid ?? Number.NaN);
      setText(span.current, fixed(Number(balance.total) * bid, 2));
    },
    market === undefined ? [] : [ticker],
  );
  return <span ref={span} />;
}
