import type { MarketInfo } from "@mirrorbook/protocol";
import { assetName, fixed, trimmed } from "../lib/format.ts";
import { NumberField } from "./number-field.tsx";
import { type Draft, isPostOnly, SHAPES, stepped } from "./order-draft.ts";
import { changeDraft } from "./ticket-store.ts";

const SHARES = [25, 50, 75, 100] as const;

interface PriceFieldsProps {
  readonly draft: Draft;
  readonly market: MarketInfo;
  ticker(): { bid: string | null; ask: string | null; last: string | null } | null;
}

export function PriceFields({ draft, market, ticker }: PriceFieldsProps) {
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

export function AmountField({ draft, market, available, onShare }: AmountFieldProps) {
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
          {unitOfAvailable === quote ? fixed(available, 2) : trimmed(available, 8)}{" "}
          {unitOfAvailable}
        </span>
      </p>
    </>
  );
}

export function Terms({ draft }: { draft: Draft }) {
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
