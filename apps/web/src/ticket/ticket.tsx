import type { MarketInfo, OrderPreview } from "@mirrorbook/protocol";
import { useMirrorbook, usePortfolio, useReadable } from "@mirrorbook/sdk/react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { assetName, fixed, NONE, trimmed } from "../lib/format.ts";
import { useModel } from "../model/context.ts";
import { NumberField } from "./number-field.tsx";
import {
  amountForShare,
  type Draft,
  type DraftOutcome,
  isPostOnly,
  type Means,
  orderOf,
  SHAPES,
  stepped,
  TICKET_TYPES,
  type TicketType,
  TYPE_NAMES,
} from "./order-draft.ts";
import { PositionBrief } from "./position-brief.tsx";
import { changeDraft, draft as draftStore, takePrice } from "./ticket-store.ts";
import { type PreviewState, usePreview } from "./use-preview.ts";

const SHARES = [25, 50, 75, 100] as const;

/** The order ticket of one market. */
export function Ticket({ market }: { market: MarketInfo }) {
  const model = useModel();
  const client = useMirrorbook();
  const draft = useReadable(draftStore);
  const { balances } = usePortfolio();
  const picked = useReadable(model.picked);
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const outcome = orderOf(draft, market);
  const preview = usePreview(previewable(outcome));
  const available = (asset: string) => balances.find((b) => b.asset === asset)?.available ?? "0";
  const ticker = () => client.ticker(market.symbol).getSnapshot();

  useEffect(() => {
    if (picked !== null) takePrice(picked.price);
  }, [picked]);

  useFirstPrice(market, setRefusal);

  function meansNow(): Means {
    const now = ticker();
    const marketPrice = (draft.side === "buy" ? now?.ask : now?.bid) ?? null;
    return { base: available(market.base), quote: available(market.quote), marketPrice };
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
      <form ref={form} onSubmit={(event) => void onSubmit(event)} noValidate>
        <SideChoice side={draft.side} />
        <TypeChoice type={draft.type} />
        <PriceFields draft={draft} market={market} ticker={ticker} />
        <AmountField
          draft={draft}
          market={market}
          available={available(draft.side === "buy" ? market.quote : market.base)}
          onShare={(percent) =>
            changeDraft({ amount: amountForShare(draft, market, meansNow(), percent) })
          }
        />
        <Terms draft={draft} />
        <PreviewTable state={preview} outcome={outcome} market={market} />
        <button
          type="submit"
          className={`submit ${draft.side}`}
          disabled={sending}
          aria-keyshortcuts="Enter"
        >
          {sending ? "Sending…" : submitText(draft, market)}
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

function SideChoice({ side }: { side: Draft["side"] }) {
  return (
    <fieldset className="sides" aria-label="Side">
      {(["buy", "sell"] as const).map((name) => (
        <button
          key={name}
          type="button"
          className={`side ${name}`}
          aria-pressed={side === name}
          aria-keyshortcuts={name.charAt(0).toUpperCase()}
          onClick={() => changeDraft({ side: name })}
        >
          {name === "buy" ? "Buy" : "Sell"}
        </button>
      ))}
    </fieldset>
  );
}

function TypeChoice({ type }: { type: TicketType }) {
  const isQuick = type === "market" || type === "limit";
  return (
    <fieldset className="types" aria-label="Order type">
      {(["market", "limit"] as const).map((name) => (
        <button
          key={name}
          type="button"
          className="choice"
          aria-pressed={type === name}
          onClick={() => changeDraft({ type: name })}
        >
          {TYPE_NAMES[name]}
        </button>
      ))}
      <select
        className={isQuick ? "choice" : "choice chosen"}
        aria-label="More order types"
        value={isQuick ? "" : type}
        onChange={(event) => changeDraft({ type: event.target.value as TicketType })}
      >
        <option value="" disabled hidden>
          More…
        </option>
        {TICKET_TYPES.slice(2).map((name) => (
          <option key={name} value={name}>
            {TYPE_NAMES[name]}
          </option>
        ))}
      </select>
    </fieldset>
  );
}

interface PriceFieldsProps {
  readonly draft: Draft;
  readonly market: MarketInfo;
  ticker(): { bid: string | null; ask: string | null; last: string | null } | null;
}

function PriceFields({ draft, market, ticker }: PriceFieldsProps) {
  const shape = SHAPES[draft.type];
  const quote = assetName(market.quote);
  const priceField = (
    name: "price" | "stopPrice" | "stopLimitPrice",
    label: string,
    hint?: string,
  ) => (
    <NumberField
      name={name}
      label={label}
      unit={quote}
      value={draft[name]}
      {...(hint === undefined ? {} : { placeholder: hint })}
      onChange={(text) => changeDraft({ [name]: text })}
      onStep={(by) =>
        changeDraft({
          [name]: stepped(draft[name], market.tickSize, by, ticker()?.last ?? market.tickSize),
        })
      }
      aside={name === "price" ? <QuickPrices ticker={ticker} /> : undefined}
    />
  );
  return (
    <>
      {shape.stopPrice !== "none" &&
        priceField(
          "stopPrice",
          draft.type === "trailing_stop" ? "Activation price" : "Trigger price",
          shape.stopPrice === "optional" ? "at once" : undefined,
        )}
      {draft.type === "trailing_stop" && (
        <NumberField
          name="trailing"
          label="Trail"
          unit="%"
          value={draft.trailing}
          onChange={(trailing) => changeDraft({ trailing })}
          onStep={(by) => changeDraft({ trailing: stepped(draft.trailing, "0.1", by, "1") })}
        />
      )}
      {shape.price && priceField("price", draft.type === "oco" ? "Limit price" : "Price")}
      {draft.type === "oco" && priceField("stopLimitPrice", "Stop limit price", "market")}
    </>
  );
}

function QuickPrices({ ticker }: Pick<PriceFieldsProps, "ticker">) {
  const set = (price: string | null | undefined) => price && changeDraft({ price });
  return (
    <span className="quick">
      <button type="button" onClick={() => set(ticker()?.bid)}>
        Bid
      </button>
      <button type="button" onClick={() => set(ticker()?.last)}>
        Last
      </button>
      <button type="button" onClick={() => set(ticker()?.ask)}>
        Ask
      </button>
    </span>
  );
}

interface AmountFieldProps {
  readonly draft: Draft;
  readonly market: MarketInfo;
  readonly available: string;
  onShare(percent: number): void;
}

function AmountField({ draft, market, available, onShare }: AmountFieldProps) {
  const [base, quote] = [assetName(market.base), assetName(market.quote)];
  const inQuote = draft.type === "market" && draft.unit === "quote";
  const step = inQuote ? "1" : market.stepSize;
  const unitOfAvailable = draft.side === "buy" ? quote : base;
  return (
    <>
      <NumberField
        name="amount"
        label={inQuote ? (draft.side === "buy" ? "Spend" : "Receive") : "Amount"}
        unit={inQuote ? quote : base}
        value={draft.amount}
        onChange={(amount) => changeDraft({ amount })}
        onStep={(by) => changeDraft({ amount: stepped(draft.amount, step, by, step) })}
        aside={
          draft.type === "market" && (
            <span className="quick">
              <button
                type="button"
                onClick={() => changeDraft({ unit: inQuote ? "base" : "quote", amount: "" })}
              >
                in {inQuote ? base : quote}
              </button>
            </span>
          )
        }
      />
      <div className="shares">
        {SHARES.map((percent) => (
          <button
            key={percent}
            type="button"
            className="choice"
            aria-label={`${percent} per cent of what is available`}
            onClick={() => onShare(percent)}
          >
            {percent}%
          </button>
        ))}
      </div>
      <p className="available">
        <span>Available</span>
        <span className="number">
          {trimmed(available, unitOfAvailable === quote ? 2 : 8)} {unitOfAvailable}
        </span>
      </p>
    </>
  );
}

function Terms({ draft }: { draft: Draft }) {
  const { timesInForce } = SHAPES[draft.type];
  if (timesInForce.length === 0) return null;
  const value = timesInForce.includes(draft.timeInForce) ? draft.timeInForce : "GTC";
  return (
    <div className="terms">
      <label className="compact-field">
        <span>In force</span>
        <select
          value={value}
          onChange={(event) =>
            changeDraft({ timeInForce: event.target.value as Draft["timeInForce"] })
          }
        >
          {timesInForce.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {draft.type === "limit" && (
        <label className="check">
          <input
            type="checkbox"
            checked={isPostOnly(draft)}
            disabled={value === "IOC" || value === "FOK"}
            onChange={(event) => changeDraft({ postOnly: event.target.checked })}
          />
          Post only
        </label>
      )}
      {value === "GTD" && (
        <input
          name="goodTill"
          type="datetime-local"
          aria-label="Good till"
          value={draft.goodTill}
          onChange={(event) => changeDraft({ goodTill: event.target.value })}
        />
      )}
    </div>
  );
}

/** Only orders that act on the book at once have something to preview. */
function previewable(outcome: DraftOutcome) {
  if (outcome.kind !== "order") return null;
  const { type } = outcome.order;
  return type === "market" || type === "limit" ? outcome.order : null;
}

interface PreviewTableProps {
  readonly state: PreviewState;
  readonly outcome: DraftOutcome;
  readonly market: MarketInfo;
}

/** Always of the same height: what it says must not move the button. */
function PreviewTable({ state, outcome, market }: PreviewTableProps) {
  const preview = state.kind === "shown" ? state.preview : null;
  const note = state.kind === "refused" ? state.message : noteOf(outcome, preview, market);
  const price = (text: string | null | undefined) => fixed(text, market.priceDecimals);
  const fills = preview !== null && Number(preview.filledQuantity) > 0;
  const rows: [string, string][] = [
    ["Average price", fills ? price(preview.averagePrice) : NONE],
    ["Worst price", fills ? price(preview.worstPrice) : NONE],
    ["Slippage", fills ? `${fixed(preview.slippageBps, 2)} bp · ${levels(preview.levels)}` : NONE],
    ["Value", fills ? `${fixed(preview.value, 2)} ${assetName(market.quote)}` : NONE],
    ["Fee", fills ? `${trimmed(preview.fee, 8)} ${assetName(preview.feeAsset)}` : NONE],
  ];
  return (
    <div className="preview">
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="preview-note">{note}</p>
    </div>
  );
}

const levels = (count: number) => `${count} level${count === 1 ? "" : "s"}`;

function noteOf(outcome: DraftOutcome, preview: OrderPreview | null, market: MarketInfo): string {
  if (outcome.kind === "incomplete") return outcome.problem;
  if (outcome.kind === "oco") return "One leg fills or triggers, the other is cancelled.";
  const { type } = outcome.order;
  if (type !== "market" && type !== "limit") return "Waits for its trigger, then acts on the book.";
  if (preview === null) return "";
  const rest = `${trimmed(preview.remainingQuantity, 8)} ${assetName(market.base)}`;
  if (Number(preview.remainingQuantity) === 0) return "Fills at once.";
  if (type === "market") return `${rest} would find no liquidity and expire.`;
  return Number(preview.filledQuantity) > 0
    ? `${rest} would rest on the book.`
    : "Rests on the book.";
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
