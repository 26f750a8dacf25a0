import type { MarketInfo, OrderPreview } from "@mirrorbook/protocol";
import { assetName, fixed, NONE, trimmed } from "../lib/format.ts";
import type { DraftOutcome } from "./order-draft.ts";
import type { PreviewState } from "./use-preview.ts";

interface PreviewTableProps {
  readonly state: PreviewState;
  readonly outcome: DraftOutcome;
  readonly market: MarketInfo;
}

/** Always of the same height: what it says must not move the button. */
export function PreviewTable({ state, outcome, market }: PreviewTableProps) {
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
