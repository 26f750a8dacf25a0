import { refusal } from "@mirrorbook/kernel";
import type { Answer } from "@mirrorbook/protocol";
import { deposit, openMain, openPortfolio, reset, withdraw } from "./accounts.ts";
import { amend, cancel, cancelAll, cancelReplace } from "./cancel.ts";
import { cancelAfter } from "./cancel-after.ts";
import { closePortfolio } from "./close-portfolio.ts";
import { placeOco } from "./oco.ts";
import { type Placing, placeOrder } from "./place.ts";
import { previewOrder } from "./preview.ts";

/** Runs a command that has not been applied before. */
export function runCommand(placing: Placing): Answer<unknown> {
  const { turn, user, command } = placing;
  const { body } = command;
  switch (body.type) {
    case "account:open":
      return openMain(turn, user, command.id);
    case "account:open_portfolio":
      return openPortfolio(turn, user, command.id, body);
    case "account:close_portfolio":
      return closePortfolio(placing, body);
    case "account:deposit":
      return deposit(turn, user, command.id, body);
    case "account:withdraw":
      return withdraw(turn, user, command.id, body);
    case "account:reset":
      return reset(turn, user, command.id, body);
    case "account:cancel_after":
      return cancelAfter(turn, user, body.timeoutMs);
    case "order:place":
      return placeOrder(placing, body.order);
    case "order:place_oco":
      return placeOco(placing, body);
    case "order:preview":
      return previewOrder(turn, user, command, body.order);
    case "order:cancel":
      return cancel(turn, user, body.target);
    case "order:cancel_all": {
      const orders = cancelAll(turn, user, body.account, body.symbol, "CANCELLED_BY_USER");
      return { ok: true, value: { orders } };
    }
    case "order:amend":
      return amend(turn, user, body);
    case "order:cancel_replace":
      return cancelReplace(placing, body);
    default:
      return unheardOf(body);
  }
}

/** What only a gateway of a later version sends, while a release is under way: the next leader may know it. */
function unheardOf(body: never): Answer<never> {
  const { type } = body as { type: string };
  return { ok: false, error: refusal("UNAVAILABLE", `The leader knows no command ${type} yet.`) };
}
