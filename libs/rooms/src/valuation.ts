/** What a member owns in a room and what it is worth. Exact, by the exchange's own rules of valuation. */
import { CASH_ASSET, type Money, parseMoney, valueAt } from "@mirrorbook/exchange";
import { accountOfRoom, type Balance, stateField } from "@mirrorbook/protocol";

export interface Holdings {
  readonly userId: string;
  /** Version of the user's state this was read from. */
  readonly version: number;
  /** Version of the last commit that changed the portfolio: what a frozen ranking is computed from. */
  readonly ledgerVersion: number;
  readonly cash: Money;
  readonly deposited: Money;
  readonly realized: Money;
  /** Base assets held, by symbol of the market that prices them. */
  readonly assets: readonly (readonly [symbol: string, amount: Money])[];
  readonly lastFillAt: string | null;
}

/** Best bids by symbol. */
export type Marks = ReadonlyMap<string, Money>;

interface StoredPortfolio {
  readonly deposited: string;
  readonly realizedPnL: string;
  readonly lastFillAt?: string | null;
  readonly ledgerVersion?: number;
}

/** Fields of a user's state that `holdingsOf` needs, for `assets` by symbol. */
export function holdingFields(roomId: string, assets: ReadonlyMap<string, string>): string[] {
  const account = accountOfRoom(roomId);
  return [
    stateField.account(account),
    stateField.balance(account, CASH_ASSET),
    ...Array.from(assets.values(), (asset) => stateField.balance(account, asset)),
  ];
}

/**
 * Reads a portfolio from a user's stored fields; `null` when it was never opened. `assets`: base asset by symbol.
 */
export function holdingsOf(
  roomId: string,
  userId: string,
  version: number,
  fields: Readonly<Record<string, string | undefined>>,
  assets: ReadonlyMap<string, string>,
): Holdings | null {
  const account = accountOfRoom(roomId);
  const text = fields[stateField.account(account)];
  if (text === undefined) return null;
  const stored = JSON.parse(text) as StoredPortfolio;
  const total = (asset: string): Money => {
    const balance = fields[stateField.balance(account, asset)];
    return balance === undefined ? 0n : parseMoney((JSON.parse(balance) as Balance).total);
  };
  return {
    userId,
    version,
    ledgerVersion: stored.ledgerVersion ?? 0,
    cash: total(CASH_ASSET),
    deposited: parseMoney(stored.deposited),
    realized: parseMoney(stored.realizedPnL),
    assets: Array.from(assets, ([symbol, asset]) => [symbol, total(asset)] as const).filter(
      ([, amount]) => amount !== 0n,
    ),
    lastFillAt: stored.lastFillAt ?? null,
  };
}

/** Cash plus every asset at its mark; an asset without one counts as nothing. */
export function equityOf({ cash, assets }: Pick<Holdings, "cash" | "assets">, marks: Marks): Money {
  let equity = cash;
  for (const [symbol, amount] of assets) {
    const mark = marks.get(symbol);
    if (mark !== undefined) equity += valueAt(amount, mark);
  }
  return equity;
}

export function parseMarks(marks: Readonly<Record<string, string>>): Marks {
  return new Map(Object.entries(marks).map(([symbol, text]) => [symbol, parseMoney(text)]));
}
