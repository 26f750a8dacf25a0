import type { MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { assetName } from "../lib/format.ts";
import { useAccount, useAccountRoom, useModel } from "../model/context.ts";
import { AccountSwitch, RoomBar } from "../rooms/account-switch.tsx";
import { tradingProblem } from "../rooms/room-words.ts";
import {
  amountForShare,
  type Draft,
  type DraftOutcome,
  type Means,
  orderOf,
  SHAPES,
  TYPE_NAMES,
} from "./order-draft.ts";
import { PositionBrief } from "./position-brief.tsx";
import { PreviewTable } from "./preview-table.tsx";
import { SideChoice, TypeChoice } from "./ticket-choices.tsx";
import { AmountField, PriceFields, Terms } from "./ticket-fields.tsx";
import { changeDraft, draft as draftStore, takePrice } from "./ticket-store.ts";
import { usePreview } from "./use-preview.ts";

/** The order ticket of one market. */
export function Ticket({ market }: { market: MarketInfo }) {
  const model = useModel();
  const client = useMirrorbook();
  const draft = useReadable(draftStore);
  const account = useAccount();
  const room = useAccountRoom()?.room ?? null;
  const closed = room === null ? null : tradingProblem(room, market);
  const base = useAvailable(account, market.base);
  const quote = useAvailable(account, market.quote);
  const picked = useReadable(model.picked);
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const outcome = orderOf(draft, market, account);
  const preview = usePreview(closed === null ? previewable(outcome) : null);
  const ticker = () => client.ticker(market.symbol).getSnapshot();

  useEffect(() => {
    if (picked !== null) takePrice(picked.price);
  }, [picked]);

  useFirstPrice(market, setRefusal);

  function meansNow(): Means {
    const now = ticker();
    const marketPrice = (draft.side === "buy" ? now?.ask : now?.bid) ?? null;
    return { base, quote, marketPrice };
  }

  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (outcome.kind === "incomplete") {
      setRefusal(outcome.problem);
      form.current?.querySelector<HTMLElement>(`[name="${outcome.field}"]`)?.focus();
      return;
    }
    setSending(true);
    setRefusal(null);
    const answer =
      outcome.kind === "oco"
        ? await client.placeOco(outcome.oco)
        : await client.placeOrder(outcome.order);
    setSending(false);
    if (!answer.ok) {
      setRefusal(answer.error.message);
      model.notices.add("refusal", "Order refused", answer.error.message);
      return;
    }
    changeDraft({ amount: "" });
    const orders = "orders" in answer.value ? answer.value.orders : [answer.value.order];
    const rests = orders.some((order) => order.status === "open" || order.status === "pending");
    if (rests) model.notices.add("done", `${TYPE_NAMES[draft.type]} order placed`);
  }

  return (
    <section className="panel ticket" aria-label="Order ticket">
      <div className="ticket-account">
        <AccountSwitch />
        <RoomBar />
      </div>
      <form ref={form} onSubmit={(event) => void onSubmit(event)} noValidate>
        <SideChoice side={draft.side} />
        <TypeChoice type={draft.type} />
        <PriceFields draft={draft} market={market} ticker={ticker} />
        <AmountField
          draft={draft}
          market={market}
          available={draft.side === "buy" ? quote : base}
          onShare={(percent) =>
            changeDraft({ amount: amountForShare(draft, market, meansNow(), percent) })
          }
        />
        <Terms draft={draft} />
        <PreviewTable state={preview} outcome={outcome} market={market} />
        <button
          type="submit"
          className={`submit ${draft.side}`}
          disabled={sending || closed !== null}
          aria-keyshortcuts="Enter"
        >
          {closed ?? (sending ? "Sending…" : submitText(draft, market))}
        </button>
        <p className="ticket-problem">{refusal}</p>
      </form>
      <PositionBrief market={market} />
    </section>
  );
}

/** Prices of another market mean nothing in this one: begins with its last price. */
function useFirstPrice(market: MarketInfo, setRefusal: (refusal: null) => void): void {
  const client = useMirrorbook();
  const symbol = useRef<string | null>(null);
  useEffect(() => {
    if (symbol.current !== market.symbol) {
      symbol.current = market.symbol;
      changeDraft({ price: "", stopPrice: "", stopLimitPrice: "", amount: "" });
      setRefusal(null);
    }
    const ticker = client.ticker(market.symbol);
    const begin = () => {
      const price = ticker.getSnapshot()?.last;
      if (!price) return;
      stop();
      if (draftStore.getSnapshot().price === "") changeDraft({ price });
    };
    const stop = ticker.subscribe(begin);
    begin();
    return stop;
  }, [client, market.symbol, setRefusal]);
}

/** What orders have not reserved. */
function useAvailable(account: string, asset: string): string {
  return useReadable(
    useMirrorbook().balances,
    ({ items }) =>
      items.find((item) => item.asset === asset && item.account === account)?.available ?? "0",
  );
}

/** Only orders that act on the book at once have something to preview. */
function previewable(outcome: DraftOutcome) {
  if (outcome.kind !== "order") return null;
  const { type } = outcome.order;
  return type === "market" || type === "limit" ? outcome.order : null;
}

function submitText(draft: Draft, market: MarketInfo): string {
  const verb = draft.side === "buy" ? "Buy" : "Sell";
  const [base, quote] = [assetName(market.base), assetName(market.quote)];
  const inQuote = draft.type === "market" && draft.unit === "quote";
  const amount =
    draft.amount === "" ? base : `${draft.amount} ${inQuote ? `${quote} of ${base}` : base}`;
  if (draft.type === "market") return `${verb} ${amount} at market`;
  if (SHAPES[draft.type].price && draft.price !== "") return `${verb} ${amount} at ${draft.price}`;
  return `${verb} ${amount} · ${TYPE_NAMES[draft.type].toLowerCase()}`;
}
