/**
 * When gated portfolios trade. A gate is one switch for all portfolios of an account name, so a trade room of any size
 * starts, pauses and ends with one input. What is not known to be open is closed.
 */
import { cancelAll } from "./commands/cancel.ts";
import type { Turn } from "./turn.ts";

/** Opens the gate for `symbols`; `null` closes it, and cancels what is open in the account: nothing fills in a pause. */
export function setGate(turn: Turn, account: string, symbols: readonly string[] | null): void {
  const { gates, users } = turn.state;
  if (symbols !== null) {
    gates.set(account, new Set(symbols));
    return;
  }
  gates.delete(account);
  for (const user of users.values()) {
    if (user.orders.size > 0) cancelAll(turn, user, account, null, "TRADING_CLOSED");
  }
}
