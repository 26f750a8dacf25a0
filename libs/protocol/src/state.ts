/**
 * A user's state as the leader keeps it in one Redis hash (`user:{U}:state`), and as gateways read it.
 *
 * Every field is JSON text. The exchange owns more than is typed here (queue positions, triggers): readers take the
 * public part and ignore the rest.
 */
import type { Balance, Position, Posting } from "./accounts.ts";
import type { UserEvent } from "./events.ts";
import type { Order, Trade } from "./orders.ts";

export const stateField = {
  /** `UserMeta`. */
  meta: "meta",
  /** `Balance` */
  balance: (account: string, asset: string) => `balance/${account}/${asset}`,
  /** `Position` */
  position: (account: string, symbol: string) => `position/${account}/${symbol}`,
  /** `{ order: Order, … }`; open orders only, closed ones are in the history stream. */
  order: (orderId: string) => `order/${orderId}`,
  /** The fast-moving part of an open order, written without an event: queue place, trailing extreme. */
  track: (orderId: string) => `track/${orderId}`,
  /** First answers by idempotency key, bounded. */
  answer: (key: string) => `answer/${key}`,
  /** `{ … }` one per portfolio: fees, fill model, realised P&L, deposits. */
  account: (account: string) => `account/${account}`,
} as const;

export interface UserMeta {
  /** Number of the last event of the user's stream. */
  readonly seq: number;
  /** Id of the last command applied. */
  readonly lastCommandId: string;
}

/** What a portfolio was given and has realised; what it is worth also depends on prices. */
export interface PortfolioFigures {
  readonly account: string;
  /** Paid in less paid out, in SIM_USD: equity = deposited + realizedPnL + unrealised P&L. */
  readonly deposited: string;
  readonly realizedPnL: string;
}

/** One field write of a commit; `null` deletes the field. */
export type FieldChange = readonly [field: string, value: string | null];

/** An atomic change of one user: state fields, numbered events and history, written together or not at all. */
export interface UserCommit {
  readonly userId: string;
  /** Version of the state this was computed from; the commit makes it `version + 1`. 0: the user does not exist yet. */
  readonly version: number;
  /** Number of the user's last event before this commit; `events` carry lastSeq + 1, + 2, … */
  readonly lastSeq: number;
  readonly changes: readonly FieldChange[];
  readonly events: readonly UserEvent[];
  /** Orders that reached a terminal state, for the history. */
  readonly closedOrders: readonly Order[];
  readonly trades: readonly Trade[];
  readonly postings: readonly Posting[];
}

export interface UserState {
  readonly seq: number;
  readonly balances: readonly Balance[];
  readonly positions: readonly Position[];
  readonly portfolios: readonly PortfolioFigures[];
  readonly openOrders: readonly Order[];
}

/** Reads the public part of a user's state hash. */
export function readUserState(fields: Readonly<Record<string, string>>): UserState {
  const balances: Balance[] = [];
  const positions: Position[] = [];
  const portfolios: PortfolioFigures[] = [];
  const openOrders: Order[] = [];
  let seq = 0;
  for (const [field, text] of Object.entries(fields)) {
    if (field.startsWith("balance/")) balances.push(JSON.parse(text));
    else if (field.startsWith("position/")) positions.push(JSON.parse(text));
    else if (field.startsWith("account/")) portfolios.push(figuresOf(JSON.parse(text)));
    else if (field.startsWith("order/")) openOrders.push(JSON.parse(text).order);
    else if (field === stateField.meta) seq = (JSON.parse(text) as UserMeta).seq;
  }
  return { seq, balances, positions, portfolios, openOrders };
}

function figuresOf({ account, deposited, realizedPnL }: PortfolioFigures): PortfolioFigures {
  return { account, deposited, realizedPnL };
}
