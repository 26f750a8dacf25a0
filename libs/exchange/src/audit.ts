/**
 * Re-adding a journal (P4): what every ledger account holds, from the postings alone, and where the stored state says
 * otherwise. Pure, so the audit of a whole system only has to read. It counts in decimal.js, not in the exchange's own
 * integers, so that a mistake in those would show.
 */
import { Amount } from "@mirrorbook/kernel";
import { type Posting, readUserState } from "@mirrorbook/protocol";
import { userLedger } from "./ledger.ts";
import type { StoredUser } from "./types.ts";

const ZERO = new Amount(0);

export interface Difference {
  readonly userId: string;
  readonly account: string;
  readonly asset: string;
  readonly what: "available" | "locked" | "total" | "reserved";
  /** From the journal or, for `reserved`, from the open orders; decimal text. */
  readonly expected: string;
  /** From the stored balance. */
  readonly stored: string;
}

/** Sums by ledger account and asset. Negative for `issuance` and for what a venue account gave more than it took. */
export class JournalSums {
  readonly #sums = new Map<string, Map<string, Amount>>();

  add(posting: Posting): void {
    const amount = new Amount(posting.amount);
    this.#move(posting.debit, posting.asset, amount.neg());
    this.#move(posting.credit, posting.asset, amount);
  }

  of(ledger: string, asset: string): Amount {
    return this.#sums.get(ledger)?.get(asset) ?? ZERO;
  }

  /** Sum over all ledger accounts whose name begins with `prefix`. */
  heldBy(prefix: string, asset: string): Amount {
    let sum = ZERO;
    for (const [ledger, sums] of this.#sums) {
      if (ledger.startsWith(prefix)) sum = sum.add(sums.get(asset) ?? ZERO);
    }
    return sum;
  }

  /** Assets that any posting of `ledger` moved. */
  assetsOf(ledger: string): string[] {
    return [...(this.#sums.get(ledger)?.keys() ?? [])];
  }

  /** Sum over all accounts per asset; zero for every one, or a posting is broken. */
  totals(): Map<string, Amount> {
    const totals = new Map<string, Amount>();
    for (const sums of this.#sums.values()) {
      for (const [asset, sum] of sums) totals.set(asset, (totals.get(asset) ?? ZERO).add(sum));
    }
    return totals;
  }

  #move(ledger: string, asset: string, amount: Amount): void {
    let sums = this.#sums.get(ledger);
    if (sums === undefined) {
      sums = new Map();
      this.#sums.set(ledger, sums);
    }
    sums.set(asset, (sums.get(asset) ?? ZERO).add(amount));
  }
}

/**
 * Compares a user's stored balances with the journal, and what is locked with what its open orders reserve.
 * An empty list means that they agree. `sums` needs the user's whole journal, from its first posting on.
 */
export function auditUser(stored: StoredUser, sums: JournalSums): Difference[] {
  const differences: Difference[] = [];
  const { balances } = readUserState(stored.fields);
  const reserved = reservedByOrders(stored);
  const seen = new Set<string>();
  for (const balance of balances) {
    const { account, asset } = balance;
    seen.add(`${account} ${asset}`);
    const check = (what: Difference["what"], expected: Amount, text: string) => {
      if (expected.eq(text)) return;
      const found = { expected: expected.toString(), stored: text };
      differences.push({ userId: stored.userId, account, asset, what, ...found });
    };
    const available = sums.of(userLedger(stored.userId, account, "available"), asset);
    const locked = sums.of(userLedger(stored.userId, account, "locked"), asset);
    check("available", available, balance.available);
    check("locked", locked, balance.locked);
    check("total", new Amount(balance.available).add(balance.locked), balance.total);
    check("reserved", reserved.get(`${account} ${asset}`) ?? ZERO, balance.locked);
  }
  return [...differences, ...missingBalances(stored, sums, seen)];
}

/** Assets the journal gave to a user who has no balance of them. */
function missingBalances(
  { userId, fields }: StoredUser,
  sums: JournalSums,
  seen: ReadonlySet<string>,
): Difference[] {
  const differences: Difference[] = [];
  const accounts = Object.keys(fields).filter((field) => field.startsWith("account/"));
  for (const account of accounts.map((field) => field.slice("account/".length))) {
    for (const what of ["available", "locked"] as const) {
      const ledger = userLedger(userId, account, what);
      for (const asset of sums.assetsOf(ledger)) {
        const expected = sums.of(ledger, asset);
        if (seen.has(`${account} ${asset}`) || expected.isZero()) continue;
        differences.push({ userId, account, asset, what, expected: String(expected), stored: "0" });
      }
    }
  }
  return differences;
}

interface StoredReserve {
  readonly order: { readonly account: string };
  readonly state: { readonly reserved: string; readonly reservedAsset: string };
}

function reservedByOrders({ fields }: StoredUser): Map<string, Amount> {
  const reserved = new Map<string, Amount>();
  for (const [field, text] of Object.entries(fields)) {
    if (!field.startsWith("order/")) continue;
    const { order, state } = JSON.parse(text) as StoredReserve;
    const key = `${order.account} ${state.reservedAsset}`;
    reserved.set(key, (reserved.get(key) ?? ZERO).add(state.reserved));
  }
  return reserved;
}
