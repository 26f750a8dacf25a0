import type { OrderPreview, PlaceOrder } from "@mirrorbook/protocol";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import { useEffect, useState } from "react";

const SETTLE_MS = 250;
/** The book moves on: what was true is asked again, while somebody looks. */
const AGAIN_MS = 2_500;

export type PreviewState =
  | { readonly kind: "none" }
  | { readonly kind: "shown"; readonly preview: OrderPreview }
  | { readonly kind: "refused"; readonly message: string };

const NONE: PreviewState = { kind: "none" };

/** What the order would do now, from the code that would fill it. Null asks for nothing. */
export function usePreview(order: PlaceOrder | null): PreviewState {
  const client = useMirrorbook();
  const [state, setState] = useState<PreviewState>(NONE);
  const text = order === null ? null : JSON.stringify(order);
  useEffect(() => {
    if (text === null) {
      setState(NONE);
      return;
    }
    let stopped = false;
    let timer = setTimeout(ask, SETTLE_MS);
    async function ask(): Promise<void> {
      if (!document.hidden) {
        const answer = await client.previewOrder(JSON.parse(text!) as PlaceOrder);
        if (stopped) return;
        if (answer.ok) setState({ kind: "shown", preview: answer.value });
        else setState({ kind: "refused", message: answer.error.message });
      }
      if (!stopped) timer = setTimeout(ask, AGAIN_MS);
    }
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [client, text]);
  return state;
}
