/**
 * The double-entry ledger. Every posting moves an amount of one asset from one ledger account to another, so the sum
 * over all accounts is zero by construction (P4); balances are what the postings add up to, which `audit.ts` checks.
 *
 * Ledger accounts:
 * - `user/<userId>/<account>/available`, `user/<userId>/<account>/locked`: what the user owns.
 * - `venue/<SYMBOL>`: the other side of every trade, both legs.
 * - `fees/<SYMBOL>`: what the venue charged.
 * - `issuance`: where virtual money comes from and returns to; its balance is minus all that was issued.
 *
 * A currency trade is two linked postings through the venue account and the fee a third, all with the trade as cause.
 * Source of the scheme: TigerBeetle, "Currency exchange" and "Two-phase transfers".
 */
import { invariant } from "@mirrorbook/kernel";
import type { UserChanges } from "./changes.ts";
import { type Money, ZERO } from "./money.ts";
import { balanceOf, type Portfolio } from "./user.ts";

export const ISSUANCE = "issuance";

export function userLedger(userId: string, account: string, part: "available" | "locked"): string {
  return `user/${userId}/${account}/${part}`;
}

export function venueLedger(symbol: string): string {
  return `venue/${symbol}`;
}

export function feeLedger(symbol: string): string {
  return `fees/${symbol}`;
}

/** An amount of one asset in one portfolio, why it moves, and the order, trade or command that moves it. */
export interface Movement {
  readonly portfolio: Portfolio;
  readonly asset: string;
  readonly amount: Money;
  /** `amount` as text, where it is known already. */
  readonly text?: string;
  readonly reason: string;
  readonly cause: string;
}

/** Locks available funds for an order. */
export function reserve(changes: UserChanges, movement: Movement): void {
  const { portfolio, asset, amount } = movement;
  if (amount === ZERO) return;
  const balance = balanceOf(portfolio, asset);
  invariant(amount > ZERO && balance.available >= amount, "reserved funds are available");
  balance.available -= amount;
  balance.locked += amount;
  changes.touchBalance(balance, movement.reason);
  changes.post(movement, portfolio.ledgers.available, portfolio.ledgers.locked);
}

/** Gives locked funds back. */
export function release(changes: UserChanges, movement: Movement): void {
  const { portfolio, asset, amount } = movement;
  if (amount === ZERO) return;
  const balance = balanceOf(portfolio, asset);
  invariant(amount > ZERO && balance.locked >= amount, "released funds are locked");
  balance.locked -= amount;
  balance.available += amount;
  changes.touchBalance(balance, movement.reason);
  changes.post(movement, portfolio.ledgers.locked, portfolio.ledgers.available);
}

/** Moves funds out of the portfolio, from its available or its locked part. */
export function pay(
  changes: UserChanges,
  movement: Movement,
  part: "available" | "locked",
  to: string,
): void {
  const { portfolio, asset, amount } = movement;
  if (amount === ZERO) return;
  const balance = balanceOf(portfolio, asset);
  invariant(amount > ZERO && balance[part] >= amount, "what is paid is there");
  balance[part] -= amount;
  changes.touchBalance(balance, movement.reason);
  changes.post(movement, portfolio.ledgers[part], to);
}

/** Moves funds into the portfolio's available part. */
export function receive(changes: UserChanges, movement: Movement, from: string): void {
  const { portfolio, asset, amount } = movement;
  if (amount === ZERO) return;
  invariant(amount > ZERO, "what is received is positive");
  const balance = balanceOf(portfolio, asset);
  balance.available += amount;
  changes.touchBalance(balance, movement.reason);
  changes.post(movement, from, portfolio.ledgers.available);
}
