/** What a new leader reads before it applies anything. */
import type { HeldChange, StoredUser } from "@mirrorbook/exchange";
import type { Deposed, StoredRoom, TermStore, Time } from "./ports.ts";
import { roomsWithOrders } from "./room-desk.ts";

export interface Inheritance {
  readonly kind: "inherited";
  readonly held: readonly HeldChange[];
  /** Users that may have open orders. */
  readonly users: readonly StoredUser[];
  /** Trade rooms those users have open orders in. */
  readonly rooms: readonly StoredRoom[];
  /** The last command known to be applied. */
  readonly cursor: string;
  /** Commands that broke an invariant before. */
  readonly poisoned: ReadonlySet<string>;
  /** How far the store's wall clock is ahead of ours. */
  readonly serverAheadMs: number;
}

/**
 * Reads what the leaders before left: held liquidity of `symbols`, users with open orders, where the commands stand.
 *
 * Every read raises a fence in the same step, so no earlier leader adds to what was read. Held liquidity and the index of
 * users are written before the commits they belong to, hence they hold at least what any commit may have relied on.
 *
 * @throws when the store does not answer.
 */
export async function inherit(
  store: TermStore,
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
  const levels: HeldChange[] = [];
  for (const taken of held) {
    if (taken.kind === "deposed") return taken;
    levels.push(...taken.held);
  }
  if (index.kind === "deposed") return index;
  const claimed = await store.claimUsers(index.userIds);
  if (claimed.kind === "deposed") return claimed;
  const rooms = await store.rooms.claim(roomsWithOrders(claimed.users));
  if (rooms.kind === "deposed") return rooms;
  return {
    kind: "inherited",
    held: levels,
    users: claimed.users,
    rooms: rooms.rooms,
    cursor,
    poisoned,
    serverAheadMs: serverMs - time.nowMs(),
  };
}
