/** What a new leader reads before it applies anything. */
import type { Exchange } from "@mirrorbook/exchange";
import type { Deposed, TermStore, Time } from "./ports.ts";

export interface Inheritance {
  readonly kind: "inherited";
  /** Users that may have open orders; they are loaded. */
  readonly openOrders: readonly string[];
  /** The last command known to be applied. */
  readonly cursor: string;
  /** Commands that broke an invariant before. */
  readonly poisoned: ReadonlySet<string>;
  /** How far the store's wall clock is ahead of ours. */
  readonly serverAheadMs: number;
}

/**
 * Loads held liquidity and the users with open orders into `exchange`, which knows the markets already.
 *
 * Every read raises a fence in the same step, so no earlier leader adds to what was read here. Held liquidity and the
 * index are written before the commits they belong to, hence they hold at least what any commit may have relied on.
 */
export async function takeOver(
  store: TermStore,
  exchange: Exchange,
  symbols: Iterable<string>,
  time: Time,
): Promise<Inheritance | Deposed> {
  const [index, cursor, poisoned, serverMs, ...held] = await Promise.all([
    store.takeOpenOrders(),
    store.readCursor(),
    store.readPoisoned(),
    store.serverTimeMs(),
    ...Array.from(symbols, (symbol) => store.takeHeld(symbol)),
  ]);
  for (const taken of held) {
    if (taken.kind === "deposed") return taken;
    exchange.loadHeld(taken.held);
  }
  if (index.kind === "deposed") return index;
  const claimed = await store.claimUsers(index.userIds);
  if (claimed.kind === "deposed") return claimed;
  for (const user of claimed.users) exchange.loadUser(user);
  const serverAheadMs = serverMs - time.nowMs();
  return { kind: "inherited", openOrders: index.userIds, cursor, poisoned, serverAheadMs };
}
