import type { Order } from "@mirrorbook/protocol";
import { useMarkets, useMirrorbook, useOrders } from "@mirrorbook/sdk/react";
import { type FormEvent, useState } from "react";
import { assetName, marketName, NONE, trimmed, words } from "../lib/format.ts";
import { useAccount, useModel } from "../model/context.ts";
import {
  amountText,
  MarketCell,
  priceText,
  SideCell,
  TimeCell,
  triggerText,
  typeText,
} from "./cells.tsx";
import { type Column, Table } from "./table.tsx";

export function OpenOrders() {
  const { open, loaded } = useOrders(undefined, useAccount());
  const { markets } = useMarkets();
  const [amending, setAmending] = useState<string | null>(null);
  const columns: Column<Order>[] = [
    { label: "Time", isMinor: true, cell: (order) => <TimeCell at={order.createdAt} /> },
    { label: "Market", cell: (order) => <MarketCell pair={order.pair} /> },
    { label: "Side", cell: (order) => <SideCell side={order.side} /> },
    { label: "Type", cell: typeText },
    {
      label: "Price",
      isNumber: true,
      cell: (order) =>
        order.price === null ? "Market" : priceText(order.price, order.symbol, markets),
    },
    {
      label: "Trigger",
      isNumber: true,
      cell: (order) => triggerText(order, markets),
    },
    {
      label: "Amount",
      isNumber: true,
      cell: (order) =>
        amending === order.id ? (
          <AmendForm order={order} onDone={() => setAmending(null)} />
        ) : (
          amountText(order)
        ),
    },
    { label: "Filled", isNumber: true, cell: (order) => <Filled order={order} /> },
    { label: "Ahead", isNumber: true, cell: (order) => <QueueAhead order={order} /> },
    {
      label: "Status",
      isMinor: true,
      cell: (order) => (order.status === "pending" ? "Waiting" : words(order.status)),
    },
    {
      label: "Actions",
      cell: (order) => <Actions order={order} onAmend={() => setAmending(order.id)} />,
    },
  ];
  return (
    <Table
      label="Open orders"
      columns={columns}
      items={open}
      loaded={loaded}
      keyOf={(order) => order.id}
      empty="No open orders. A limit order you place waits here, with the size ahead of it in the queue."
    />
  );
}

function Filled({ order }: { order: Order }) {
  const total = Number(order.quantity ?? 0);
  const done = Number(order.filledQuantity);
  return (
    <span className="filled">
      {total > 0 ? `${trimmed((done / total) * 100, 0)}%` : NONE}
      <progress max={total || 1} value={done} aria-hidden="true" />
    </span>
  );
}

/** How much of the book comes before this order at its price. */
function QueueAhead({ order }: { order: Order }) {
  if (order.queueAhead === null) return <>{NONE}</>;
  const isNext = Number(order.queueAhead) === 0;
  const base = assetName(marketName(order.pair).split("/")[0]!);
  return (
    <span title="Size ahead of this order in the queue at its price">
      {isNext ? "next" : `${trimmed(order.queueAhead, 4)} ${base}`}
    </span>
  );
}

function Actions({ order, onAmend }: { order: Order; onAmend: () => void }) {
  const client = useMirrorbook();
  const { notices } = useModel();
  const [busy, setBusy] = useState(false);
  async function cancel(): Promise<void> {
    setBusy(true);
    const answer = await client.cancelOrder(order.id);
    setBusy(false);
    if (!answer.ok) notices.add("refusal", "Not cancelled", answer.error.message);
  }
  return (
    <span className="actions">
      {order.quantity !== null && order.listId === null && (
        <button type="button" className="quiet" onClick={onAmend}>
          Amend
        </button>
      )}
      <button type="button" className="quiet" disabled={busy} onClick={() => void cancel()}>
        Cancel
      </button>
    </span>
  );
}

/** Only lower: so the order keeps its place in the queue. */
function AmendForm({ order, onDone }: { order: Order; onDone: () => void }) {
  const client = useMirrorbook();
  const { notices } = useModel();
  const [quantity, setQuantity] = useState(trimmed(order.quantity, 8).replaceAll(",", ""));
  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const answer = await client.amendOrder({ orderId: order.id, quantity });
    if (!answer.ok) notices.add("refusal", "Not amended", answer.error.message);
    onDone();
  }
  return (
    <form className="amend" onSubmit={(event) => void onSubmit(event)}>
      <input
        // biome-ignore lint/a11y/noAutofocus: the field appears because its button was pressed.
        autoFocus
        inputMode="decimal"
        aria-label="New, lower amount; Enter saves, Escape leaves it"
        value={quantity}
        onChange={(event) => setQuantity(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onDone();
        }}
        onBlur={onDone}
      />
    </form>
  );
}
