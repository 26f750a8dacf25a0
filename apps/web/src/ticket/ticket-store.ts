import { createStore } from "@mirrorbook/sdk";
import { type Draft, EMPTY_DRAFT, SHAPES } from "./order-draft.ts";

/** The draft lives outside the form: keys, ladder and positions write to it too. */
export const draft = createStore<Draft>(EMPTY_DRAFT);

export function changeDraft(change: Partial<Draft>): void {
  draft.set({ ...draft.getSnapshot(), ...change });
}

/** A picked price goes where the type wants one first; a market order becomes a limit order. */
export function takePrice(price: string): void {
  const { type } = draft.getSnapshot();
  if (SHAPES[type].price) changeDraft({ price });
  else if (SHAPES[type].stopPrice === "needed") changeDraft({ stopPrice: price });
  else changeDraft({ type: "limit", price });
}
