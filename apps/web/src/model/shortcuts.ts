/** Keys that work anywhere on the page except while typing. */
import { stepMarket } from "../market/step-market.ts";
import { TICKET_TYPES } from "../ticket/order-draft.ts";
import { changeDraft } from "../ticket/ticket-store.ts";
import { dialog, openDialog } from "./dialogs.ts";
import type { Model } from "./model.ts";
import { goTo, route } from "./route.ts";

export const SHORTCUTS = [
  { keys: "B / S", does: "Buy or sell" },
  { keys: "1 … 8", does: "Order type, market to OCO" },
  { keys: "A / P", does: "Go to amount or price; ↑ ↓ one step, with Shift ten" },
  { keys: "Enter", does: "In the ticket: send the order" },
  { keys: "O", does: "Go to the order book; ↑ ↓ and Enter take a price" },
  { keys: "[ / ]", does: "Previous or next market" },
  { keys: "/", does: "Go to the markets" },
  { keys: "R", does: "To the trade rooms, and back to trading" },
  { keys: "T", does: "Trade with the next portfolio: the main one, then your rooms'" },
  { keys: "Esc", does: "Cancel the newest open order" },
  { keys: "Shift Esc", does: "Cancel all orders, after asking" },
  { keys: "?", does: "This list" },
] as const;

export function listenForShortcuts(model: Model): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.getSnapshot() !== null) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, select, textarea")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (act(event, model)) event.preventDefault();
  };
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}

/** Does what the key means; false when it means nothing. Among the rooms no key trades. */
function act(event: KeyboardEvent, model: Model): boolean {
  return actAnywhere(event, model) || (route.getSnapshot().name === "trade" && trade(event, model));
}

function actAnywhere(event: KeyboardEvent, model: Model): boolean {
  switch (event.key) {
    case "r":
    case "R":
      goTo({ name: route.getSnapshot().name === "trade" ? "rooms" : "trade" });
      return true;
    case "/":
      return focus('#markets [aria-selected="true"]', model);
    case "[":
    case "]": {
      const { markets } = model.client.getSnapshot().markets.getSnapshot();
      const by = event.key === "[" ? -1 : 1;
      stepMarket(markets, model.market.getSnapshot(), by, (symbol) => model.chooseMarket(symbol));
      return true;
    }
    case "?":
      openDialog("keys");
      return true;
    default:
      return false;
  }
}

function trade(event: KeyboardEvent, model: Model): boolean {
  const type = TICKET_TYPES[Number(event.key) - 1];
  if (type !== undefined) {
    changeDraft({ type });
    return true;
  }
  switch (event.key) {
    case "b":
    case "B":
      changeDraft({ side: "buy" });
      return true;
    case "s":
    case "S":
      changeDraft({ side: "sell" });
      return true;
    case "a":
    case "A":
      return focus('.ticket [name="amount"]', model);
    case "p":
    case "P":
      return focus('.ticket [name="price"], .ticket [name="stopPrice"]', model);
    case "o":
    case "O":
      model.view.set("book");
      return focus(".rungs.bids", model);
    case "t":
    case "T":
      model.nextAccount();
      return true;
    case "Escape":
      if (event.shiftKey) openDialog("cancel-all");
      else void cancelNewest(model);
      return true;
    default:
      return false;
  }
}

function focus(selector: string, model: Model): boolean {
  if (selector.startsWith(".ticket")) model.view.set("trade");
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());
  return true;
}

/** Of the portfolio in view. */
async function cancelNewest({ account, client, notices }: Model): Promise<void> {
  const current = client.getSnapshot();
  const { items } = current.orders.getSnapshot();
  const newest = items.find((order) => order.account === account.getSnapshot());
  if (newest === undefined) return;
  const answer = await current.cancelOrder(newest.id);
  if (answer.ok) notices.add("done", "Newest order cancelled");
  else notices.add("refusal", "Not cancelled", answer.error.message);
}
