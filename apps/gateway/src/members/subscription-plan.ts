import { AppError } from "@mirrorbook/kernel";
import { rooms, type Subscription } from "@mirrorbook/protocol";
import type { Identity } from "../auth/identity.ts";
import type { ResolveMarket } from "../commands/command-bodies.ts";

/** What a subscription means. */
export interface SubscriptionPlan {
  /** As the client is told, e.g. "orderbook:BTCUSDT:20". */
  readonly name: string;
  /** Whose events it brings. */
  readonly rooms: readonly string[];
  /** Symbol whose feed status the subscriber is told at once. */
  readonly symbol: string | null;
  /** Whether the last price is told at once, too. */
  readonly tellsPrice: boolean;
  /** Trade room that the subscriber must be allowed to see. */
  readonly tradeRoom: string | null;
  /** How many messages it counts as: a snapshot of 1,000 levels costs us some twenty times what a message does. */
  readonly messages: number;
}

const PLAIN = { symbol: null, tellsPrice: false, tradeRoom: null, messages: 1 } as const;
const LEVELS_PER_MESSAGE = 50;

/** How many messages a book's snapshot counts as. */
export const snapshotMessages = (depth: number) => depth / LEVELS_PER_MESSAGE;

/** Checks a subscription. @throws {AppError} UNKNOWN_MARKET or UNAUTHORIZED. */
export function planSubscription(
  wanted: Subscription,
  identity: Identity | null,
  resolve: ResolveMarket,
): SubscriptionPlan {
  switch (wanted.channel) {
    case "orderbook": {
      const symbol = resolve(wanted.pair);
      const name = `orderbook:${symbol}:${wanted.depth}`;
      const joined = [rooms.book(symbol, wanted.depth), rooms.market(symbol)];
      return {
        ...PLAIN,
        name,
        rooms: joined,
        symbol,
        messages: snapshotMessages(wanted.depth),
      };
    }
    case "ticker": {
      const symbol = resolve(wanted.pair);
      const joined = [rooms.ticker(symbol), rooms.market(symbol)];
      return { ...PLAIN, name: `ticker:${symbol}`, rooms: joined, symbol, tellsPrice: true };
    }
    case "tape": {
      const symbol = resolve(wanted.pair);
      return unseen(`tape:${symbol}`, [rooms.tape(symbol)]);
    }
    case "trading":
      // A user's own room is joined on connection; the channel adds everybody's for those who watch the exchange.
      return unseen("trading", needed(identity).roles.includes("monitor") ? [rooms.monitor()] : []);
    case "room":
      needed(identity);
      return {
        ...unseen(roomSubscription(wanted.roomId), [rooms.tradeRoom(wanted.roomId)]),
        tradeRoom: wanted.roomId,
      };
  }
}

/** Name of the subscription to a trade room. */
export function roomSubscription(roomId: string): string {
  return `room:${roomId}`;
}

function unseen(name: string, joined: readonly string[]): SubscriptionPlan {
  return { ...PLAIN, name, rooms: joined };
}

function needed(identity: Identity | null): Identity {
  if (identity === null) throw new AppError("UNAUTHORIZED", "This channel needs a token.");
  return identity;
}
