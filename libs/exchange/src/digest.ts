import { createHash } from "node:crypto";
import { encodeUser } from "./codec.ts";
import { type ExchangeState, marketOf } from "./state.ts";

/** SHA-256 over users, books and what is held, in an order that does not depend on how the state came about. */
export function digestOf(state: ExchangeState): string {
  const hash = createHash("sha256");
  const write = (...parts: readonly unknown[]) => hash.update(`${JSON.stringify(parts)}\n`);
  for (const userId of [...state.users.keys()].sort()) {
    const user = state.users.get(userId)!;
    if (user.version === 0) continue;
    const fields = encodeUser(user, (symbol) => marketOf(state, symbol));
    write(userId, user.version, Object.entries(fields).sort());
  }
  for (const symbol of [...state.markets.keys()].sort()) {
    const market = marketOf(state, symbol);
    const { book, held, pending, status, last, bookTimeMs } = market;
    write(symbol, status, last, bookTimeMs, book.lastUpdateId);
    write(book.top("bid", book.levelCount("bid")), book.top("ask", book.levelCount("ask")));
    write(held.all(), pending.trades, market.averageState);
  }
  for (const account of [...state.gates.keys()].sort()) {
    write(account, [...state.gates.get(account)!].sort());
  }
  return hash.digest("hex");
}
