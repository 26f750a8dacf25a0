/** What one user owns, kept up to date by the user's own events. Plain data and the one function that moves it along. */

import type { EventBatch } from "@mirrorbook/fanout";
import { Amount } from "@mirrorbook/kernel";
import type {
  Balance,
  Portfolio,
  PortfolioFigures,
  Position,
  UserEvent,
  UserState,
} from "@mirrorbook/protocol";

export interface Owned {
  /** Number of the last event in it. */
  seq: number;
  readonly balances: Map<string, Balance>;
  readonly positions: Map<string, Position>;
  /** As last told: events come by the dozen, figures are asked for once a second. */
  readonly portfolios: Map<string, Portfolio | PortfolioFigures>;
}

const balanceKey = ({ account, asset }: Balance) => `${account}/${asset}`;
const positionKey = ({ account, symbol }: Position) => `${account}/${symbol}`;

export function ownedIn({ seq, balances, positions, portfolios }: UserState): Owned {
  return {
    seq,
    balances: new Map(balances.map((balance) => [balanceKey(balance), balance])),
    positions: new Map(positions.map((position) => [positionKey(position), position])),
    portfolios: new Map(portfolios.map((portfolio) => [portfolio.account, portfolio])),
  };
}

/** What each portfolio was given and has realised. */
export function figuresOf({ portfolios }: Owned): PortfolioFigures[] {
  return Array.from(portfolios.values(), (told) => {
    if ("deposited" in told) return told;
    const { account, equity, unrealizedPnL, realizedPnL } = told;
    const deposited = new Amount(equity).sub(unrealizedPnL).sub(realizedPnL).toString();
    return { account, deposited, realizedPnL };
  });
}

/** Events that change what a user owns. */
export const OWNING_EVENTS: ReadonlySet<string> = new Set([
  "balance:updated",
  "position:opened",
  "position:updated",
  "position:closed",
  "portfolio:updated",
]);

/** Applies events that arrived together. `gap`: events before them are missing, so the state has to be read again. */
export function applyBatch(owned: Owned, batch: EventBatch): "applied" | "known" | "gap" {
  const [first, last] = [batch.links[0], batch.links.at(-1)];
  if (first === undefined || last === undefined || last.seq <= owned.seq) return "known";
  if (first.seq > owned.seq + 1) return "gap";
  for (const event of batch.named(OWNING_EVENTS)) applyOwn(owned, event as UserEvent);
  owned.seq = last.seq;
  return "applied";
}

function applyOwn(owned: Owned, [name, payload]: UserEvent): void {
  if (payload.seq <= owned.seq) return;
  switch (name) {
    case "balance:updated":
      owned.balances.set(balanceKey(payload), payload);
      break;
    case "position:opened":
    case "position:updated":
    case "position:closed":
      owned.positions.set(positionKey(payload.position), payload.position);
      break;
    case "portfolio:updated":
      owned.portfolios.set(payload.account, payload);
      break;
    default: // Orders and trades change no figure that these events do not carry.
  }
}
