import type { UserChanges } from "./changes.ts";
import type { Market } from "./market.ts";
import { type Money, shareOf, ZERO } from "./money.ts";
import { cashValueOf } from "./portfolio.ts";
import type { ExchangeState } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { Portfolio, PositionState, User } from "./user.ts";

/** A change of inventory. `fee` is its whole fee in the quote asset; `opener` names a position that this opens. */
export interface InventoryChange {
  readonly state: ExchangeState;
  readonly portfolio: Portfolio;
  readonly market: Market;
  readonly quantity: Money;
  /** What the quantity cost or brought, in the quote asset, without the fee. */
  readonly value: Money;
  readonly fee: Money;
  readonly opener: string;
  readonly at: string;
}

/** Adds bought inventory and returns the realised P&L, which is minus the fee. */
export function addInventory(change: InventoryChange): Money {
  const position = openPosition(change);
  position.quantity += change.quantity;
  position.cost += change.value;
  return realize(change, position, -change.fee);
}

/**
 * Takes sold inventory away at average cost and returns the realised P&L, net of the fee. What is sold beyond the
 * position (inventory bought in another market) goes at its own price, without P&L.
 */
export function removeInventory(change: InventoryChange): Money {
  const position = openPosition(change);
  const { quantity, value, fee } = change;
  const held = position.quantity;
  if (quantity >= held) {
    const proceeds = quantity === held ? value : shareOf(value, held, quantity);
    const profit = proceeds - position.cost - fee;
    position.quantity = ZERO;
    position.cost = ZERO;
    return realize(change, position, profit);
  }
  const cost = shareOf(position.cost, quantity, held);
  position.quantity = held - quantity;
  position.cost -= cost;
  return realize(change, position, value - cost - fee);
}

/**
 * Moves an asset in (negative: out) that no order in its own market traded: a transfer, or what a trade in a market quoted in
 * it brought or cost. It enters the position of its cash market, or leaves it, at `value`, and the position is told.
 */
export function moveInventory(
  turn: Turn,
  user: User,
  portfolio: Portfolio,
  moved: { readonly asset: string; readonly amount: Money; readonly value: Money },
  opener: string,
): void {
  const { asset, amount, value } = moved;
  const market = turn.state.cashMarkets.get(asset);
  if (market === undefined || amount === ZERO) return;
  const wasOpen = isPositionOpen(portfolio, market);
  const change = { state: turn.state, portfolio, market, fee: ZERO, opener, at: turn.at };
  if (amount > ZERO) addInventory({ ...change, quantity: amount, value });
  else removeInventory({ ...change, quantity: -amount, value: -value });
  tellPosition(turn.of(user), portfolio, market, wasOpen, turn.at);
}

/**
 * Tells how a position stands after an order's fills: opened, updated, or closed when what is left is too little to
 * sell. Such dust, with its cost, is carried into the next position.
 */
export function tellPosition(
  changes: UserChanges,
  portfolio: Portfolio,
  market: Market,
  wasOpen: boolean,
  at: string,
): void {
  const position = portfolio.positions.get(market.spec.symbol);
  if (position === undefined) return;
  const mark = market.mark();
  if (mark !== null) position.mark = market.price(mark);
  const isOpen = position.quantity > ZERO && position.quantity >= market.size(smallestSale(market));
  position.status = isOpen ? "open" : "closed";
  position.closedAt = isOpen ? null : at;
  const view = changes.touchPosition(position);
  if (wasOpen || isOpen) {
    const name = isOpen ? (wasOpen ? "updated" : "opened") : "closed";
    changes.emit(`position:${name}`, { position: view });
  }
  if (position.quantity === ZERO) portfolio.positions.delete(market.spec.symbol);
}

export function isPositionOpen(portfolio: Portfolio, market: Market): boolean {
  return portfolio.positions.get(market.spec.symbol)?.status === "open";
}

function smallestSale(market: Market): number {
  return Math.max(market.rules.lot.min, market.rules.lot.step);
}

function realize(change: InventoryChange, position: PositionState, profit: Money): Money {
  position.realized += profit;
  change.portfolio.realized += cashValueOf(change.state, change.market.spec.quote, profit);
  return profit;
}

/** The open position of the market; a new one, taking over any dust, when there is none. */
function openPosition({ portfolio, market, opener, at }: InventoryChange): PositionState {
  const { symbol, pair } = market.spec;
  const known = portfolio.positions.get(symbol);
  if (known?.status === "open") return known;
  const position: PositionState = {
    id: `p-${opener}`,
    account: portfolio.account,
    pair,
    symbol,
    quantity: known?.quantity ?? ZERO,
    cost: known?.cost ?? ZERO,
    realized: ZERO,
    mark: ZERO,
    status: "open",
    openedAt: at,
    closedAt: null,
  };
  portfolio.positions.set(symbol, position);
  return position;
}
