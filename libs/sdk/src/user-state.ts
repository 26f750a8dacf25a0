/**
 * A user's orders, fills, positions, balances and equity, kept current by the numbered events. Pure reducers.
 *
 * Each part remembers the number up to which it is known (`asOf`): a part loaded by REST already contains the events up
 * to its number, and an event never turns a part back in time.
 */
import type {
  Balance,
  Order,
  Portfolio,
  Position,
  Trade,
  UserEvent,
  UserEvents,
} from "@mirrorbook/protocol";

export const CLOSED_ORDERS_MAX = 200;
export const TRADES_MAX = 200;

/** One part of the state. `loaded` is false until the server was asked once. */
export interface Part<T> {
  readonly items: readonly T[];
  readonly asOf: number;
  readonly loaded: boolean;
}

export interface UserState {
  /** Pending, open and partially filled orders, newest first. */
  readonly openOrders: Part<Order>;
  /** Ended orders, last ended first. */
  readonly closedOrders: Part<Order>;
  /** Newest first. */
  readonly trades: Part<Trade>;
  readonly positions: Part<Position>;
  readonly balances: Part<Balance>;
  /** One per account. */
  readonly portfolios: Part<Portfolio>;
}

export type PartName = keyof UserState;
type ItemOf<N extends PartName> = UserState[N]["items"][number];

const nothing = { items: [], asOf: 0, loaded: false };
export const EMPTY_USER_STATE: UserState = {
  openOrders: nothing,
  closedOrders: nothing,
  trades: nothing,
  positions: nothing,
  balances: nothing,
  portfolios: nothing,
};

const TERMINAL: ReadonlySet<Order["status"]> = new Set([
  "filled",
  "cancelled",
  "rejected",
  "expired",
]);

export function isTerminal(order: Order): boolean {
  return TERMINAL.has(order.status);
}

/** Takes what the server answered; `asOf` is the number of the user's last event contained in it, at least. */
export function loadPart<N extends PartName>(
  state: UserState,
  name: N,
  items: readonly ItemOf<N>[],
  asOf: number,
): UserState {
  if (state[name].loaded && state[name].asOf > asOf) return state;
  return { ...state, [name]: { items, asOf, loaded: true } };
}

/** Marks every part unknown again; what is shown stays until it is replaced. */
export function forgetPositions(state: UserState): UserState {
  const entries = Object.entries(state).map(([name, part]) => [
    name,
    { ...part, asOf: 0, loaded: false },
  ]);
  return Object.fromEntries(entries) as UserState;
}

export function applyUserEvent(state: UserState, event: UserEvent): UserState {
  const [name, payload] = event;
  if (name.startsWith("order:")) {
    return applyOrder(state, (payload as UserEvents["order:created"]).order, payload.seq);
  }
  if (name.startsWith("position:")) {
    const { position } = payload as UserEvents["position:updated"];
    return update(state, "positions", payload.seq, (items) =>
      position.status === "closed"
        ? items.filter((item) => !samePosition(item, position))
        : replaceOrAdd(items, position, samePosition),
    );
  }
  switch (name) {
    case "trade:executed":
      return update(state, "trades", payload.seq, (items) =>
        prepend(items, payload.trade, TRADES_MAX),
      );
    case "balance:updated": {
      const { account, asset, total, available, locked } = payload;
      const balance = { account, asset, total, available, locked };
      return update(state, "balances", payload.seq, (items) =>
        replaceOrAdd(items, balance, (a, b) => a.account === b.account && a.asset === b.asset),
      );
    }
    case "portfolio:updated": {
      const { seq, timestamp: _, ...portfolio } = payload;
      return update(state, "portfolios", seq, (items) =>
        replaceOrAdd(items, portfolio, (a, b) => a.account === b.account),
      );
    }
    default:
      return state;
  }
}

/** A position's worth now. It is no event: it says nothing of a position that has changed since or is unknown. */
export function markPosition(state: UserState, marked: Position): UserState {
  const { items } = state.positions;
  const index = items.findIndex((item) => samePosition(item, marked));
  if (index < 0 || items[index]!.quantity !== marked.quantity) return state;
  return { ...state, positions: { ...state.positions, items: items.with(index, marked) } };
}

/** A portfolio's worth now. */
export function markPortfolio(state: UserState, marked: Portfolio): UserState {
  const items = replaceOrAdd(state.portfolios.items, marked, (a, b) => a.account === b.account);
  return { ...state, portfolios: { ...state.portfolios, items } };
}

function applyOrder(state: UserState, order: Order, seq: number): UserState {
  const sameId = (a: Order, b: Order) => a.id === b.id;
  if (!isTerminal(order)) {
    return update(state, "openOrders", seq, (items) =>
      items.some((item) => item.id === order.id)
        ? replaceOrAdd(items, order, sameId)
        : [order, ...items],
    );
  }
  const closed = update(state, "closedOrders", seq, (items) =>
    prepend(items, order, CLOSED_ORDERS_MAX),
  );
  return update(closed, "openOrders", seq, (items) => items.filter((item) => item.id !== order.id));
}

function update<N extends PartName>(
  state: UserState,
  name: N,
  seq: number,
  change: (items: readonly ItemOf<N>[]) => readonly ItemOf<N>[],
): UserState {
  const part = state[name];
  if (seq <= part.asOf) return state;
  return { ...state, [name]: { items: change(part.items), asOf: seq, loaded: part.loaded } };
}

const samePosition = (a: Position, b: Position) => a.account === b.account && a.symbol === b.symbol;

function replaceOrAdd<T>(
  items: readonly T[],
  item: T,
  same: (a: T, b: T) => boolean,
): readonly T[] {
  const index = items.findIndex((other) => same(other, item));
  return index < 0 ? [...items, item] : items.with(index, item);
}

function prepend<T extends { readonly id: string }>(
  items: readonly T[],
  item: T,
  max: number,
): readonly T[] {
  return [item, ...items.filter((other) => other.id !== item.id)].slice(0, max);
}
