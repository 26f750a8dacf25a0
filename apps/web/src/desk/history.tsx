import type { Order, Trade } from "@mirrorbook/protocol";
import { useMarkets, useMirrorbook, useOrders, useReadable } from "@mirrorbook/sdk/react";
import { assetName, fixed, NONE, trimmed, words } from "../lib/format.ts";
import { useAccount } from "../model/context.ts";
import { amountText, Gain, MarketCell, priceText, SideCell, TimeCell, typeText } from "./cells.tsx";
import { type Column, Table } from "./table.tsx";

export function OrderHistory() {
  const { history, loaded } = useOrders(undefined, useAccount());
  const { markets } = useMarkets();
  const columns: Column<Order>[] = [
    { label: "Ended", cell: (order) => <TimeCell at={order.updatedAt} /> },
    { label: "Market", cell: (order) => <MarketCell pair={order.pair} /> },
    { label: "Side", cell: (order) => <SideCell side={order.side} /> },
    { label: "Type", cell: typeText },
    { label: "Price", isNumber: true, isMinor: true, cell: (order) => priceText(order.price, order.symbol, markets) },
    { label: "Amount", isNumber: true, cell: amountText },
    { label: "Filled", isNumber: true, cell: (order) => trimmed(order.filledQuantity, 8) },
    { label: "Average", isNumber: true, cell: (order) => priceText(order.averagePrice, order.symbol, markets) },
    { label: "Fee", isNumber: true, isMinor: true, cell: feeText },
    { label: "Status", cell: statusText },
  ]; // biome-ignore format: a table
  return (
    <Table
      label="Order history"
      columns={columns}
      items={history}
      loaded={loaded}
      keyOf={(order) => order.id}
      empty="No ended orders yet."
    />
  );
}

export function Fills() {
  const trades = useReadable(useMirrorbook().trades);
  const account = useAccount();
  const { markets } = useMarkets();
  const columns: Column<Trade>[] = [
    { label: "Time", cell: (trade) => <TimeCell at={trade.executedAt} /> },
    { label: "Market", cell: (trade) => <MarketCell pair={trade.pair} /> },
    { label: "Side", cell: (trade) => <SideCell side={trade.side} /> },
    { label: "Price", isNumber: true, cell: (trade) => priceText(trade.price, trade.symbol, markets) },
    { label: "Amount", isNumber: true, cell: (trade) => trimmed(trade.quantity, 8) },
    { label: "Value", isNumber: true, cell: (trade) => fixed(trade.value, 2) },
    { label: "Fee", isNumber: true, isMinor: true, cell: feeText },
    { label: "Liquidity", isMinor: true, cell: (trade) => words(trade.liquidity) },
    { label: "Realised", isNumber: true, cell: (trade) => (trade.type === "exit" ? <Gain value={trade.realizedPnL} decimals={2} /> : NONE) },
    { label: "Book update", isNumber: true, isMinor: true, cell: (trade) => String(trade.bookUpdateId) },
  ]; // biome-ignore format: a table
  return (
    <Table
      label="Fills"
      columns={columns}
      items={trades.items.filter((trade) => trade.account === account)}
      loaded={trades.loaded}
      keyOf={(trade) => trade.id}
      empty="No fills yet."
    />
  );
}

function feeText({ fee, feeAsset }: { fee: string; feeAsset: string | null }): string {
  return feeAsset === null ? NONE : `${trimmed(fee, 8)} ${assetName(feeAsset)}`;
}

function statusText({ status, reason }: Order): string {
  return reason === null || status === "filled"
    ? words(status)
    : `${words(status)}: ${words(reason.toLowerCase())}`;
}
