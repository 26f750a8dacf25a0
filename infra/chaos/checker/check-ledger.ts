/** P4 from the journal alone: what is owned is what was posted, and all of it together is nothing. */
import type { Json, StoredUser, Violation } from "../evidence.ts";
import { amount, Sums, text } from "./decimal.ts";
import type { UserLog } from "./user-log.ts";

/** Re-adds one user's journal and compares it with the stored balances, the open orders and the events. */
export function checkLedger({ stored, events }: UserLog): Violation[] {
  const violations: Violation[] = [];
  const owned = ownedOf(stored);
  const balances = jsonFields(stored, "balance/");
  const compare = (subject: string, what: string, expected: bigint, found: string) => {
    if (expected === amount(found)) return;
    const detail = `${what} is ${found}, the evidence says ${text(expected)}`;
    violations.push({ rule: "P4 balance", subject: `${subject} of ${stored.userId}`, detail });
  };

  const reserved = reservedOf(stored);
  for (const balance of balances) {
    const subject = `${balance.account}/${balance.asset}`;
    compare(subject, "available", owned.of(`${subject}/available`), balance.available);
    compare(subject, "locked", owned.of(`${subject}/locked`), balance.locked);
    compare(subject, "locked, by open orders,", reserved.of(subject), balance.locked);
    compare(subject, "total", amount(balance.available) + amount(balance.locked), balance.total);
    const told: Json = events.findLast(
      ([name, payload]) =>
        name === "balance:updated" &&
        payload.account === balance.account &&
        payload.asset === balance.asset,
    )?.[1];
    for (const part of ["available", "locked", "total"]) {
      compare(subject, `${part}, as last told,`, amount(balance[part]), told?.[part] ?? "0");
    }
  }
  for (const [name, units] of owned) {
    const known = balances.some(({ account, asset }) => name.startsWith(`${account}/${asset}/`));
    if (!known) compare(name, "balance", units, "0");
  }
  for (const [name, payload] of events) {
    if (name !== "balance:updated") continue;
    compare(
      `event ${payload.seq}`,
      "total",
      amount(payload.available) + amount(payload.locked),
      payload.total,
    );
  }
  return violations;
}

/** All that users own, the venue holds and was charged, and what was issued, is zero together, for each asset. */
export function checkZeroSum(users: readonly StoredUser[]): Violation[] {
  const sums = new Sums();
  for (const user of users) {
    for (const { asset, total } of jsonFields(user, "balance/")) sums.add(asset, amount(total));
    for (const posting of journalOf(user)) {
      const units = amount(posting.amount);
      if (!posting.debit.startsWith("user/")) sums.add(posting.asset, -units);
      if (!posting.credit.startsWith("user/")) sums.add(posting.asset, units);
    }
  }
  return [...sums]
    .filter(([, units]) => units !== 0n)
    .map(([asset, units]) => ({
      rule: "P4 zero sum",
      subject: asset,
      detail: `the sum is ${text(units)}`,
    }));
}

/** By "<account>/<asset>/<available or locked>". */
function ownedOf(stored: StoredUser): Sums {
  const owned = new Sums();
  const own = `user/${stored.userId}/`;
  const move = (ledger: string, asset: string, units: bigint) => {
    if (!ledger.startsWith(own)) return;
    const [account, part] = ledger.slice(own.length).split("/");
    owned.add(`${account}/${asset}/${part}`, units);
  };
  for (const { debit, credit, asset, amount: moved } of journalOf(stored)) {
    move(debit, asset, -amount(moved));
    move(credit, asset, amount(moved));
  }
  return owned;
}

function reservedOf(stored: StoredUser): Sums {
  const reserved = new Sums();
  for (const { order, state } of jsonFields(stored, "order/")) {
    reserved.add(`${order.account}/${state.reservedAsset}`, amount(state.reserved));
  }
  return reserved;
}

function journalOf({ journal }: StoredUser): Json[] {
  return journal.map(([, line]) => JSON.parse(line));
}

function jsonFields({ state }: StoredUser, prefix: string): Json[] {
  return Object.entries(state)
    .filter(([field]) => field.startsWith(prefix))
    .map(([, line]) => JSON.parse(line));
}
