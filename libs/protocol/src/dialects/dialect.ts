/**
 * A dialect words one canonical event for one kind of client. Dialects are tables of pure functions: no state, no
 * clock, no connection. A row that is missing means: this client hears nothing of it.
 */
import type { BookView, EventName, Events } from "../events.ts";

/** What a client gets: a Socket.IO event `name` with one argument, or on plain WebSocket the JSON text of `body`. */
export interface Message {
  readonly name: string;
  readonly body: unknown;
  /** For members that choose within a room: only those that chose this topic get the message. */
  readonly topic?: string;
}

/** What a wording may depend on beside the event: never on the single connection, so that one encoding serves all. */
export interface WordingContext {
  /** Owner of the stream the event belongs to; `null` for public streams. */
  readonly userId: string | null;
  /** The whole book the event leads to; `null` when none is assembled. Only dialects with `needsFullBook` get one. */
  readonly book: BookView | null;
}

export type Row<N extends EventName> = (
  payload: Events[N],
  context: WordingContext,
) => Message | null;
export type DialectTable = { readonly [N in EventName]?: Row<N> };

export interface Dialect {
  readonly name: DialectName;
  readonly needsFullBook: boolean;
  /** Each event is its own message, under its own name: text that is an event already may be passed on unread. */
  readonly isVerbatim?: true;
  readonly table: DialectTable;
}

export const DIALECT_NAMES = ["events", "gateway", "typed", "streams", "rooms"] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];

/** An event as it comes off the wire: its name and payload were checked by who published it. */
export type AnyEvent = readonly [name: EventName, payload: unknown];

/** Words `event`, or returns `null` when this dialect has no message for it. */
export function word(dialect: Dialect, event: AnyEvent, context: WordingContext): Message | null {
  const row = dialect.table[event[0]] as
    | ((payload: unknown, context: WordingContext) => Message | null)
    | undefined;
  return row === undefined ? null : row(event[1], context);
}

/** "SIM_BTC" → "BTC": the asset as clients of other exchanges know it. */
export function plainAsset(asset: string): string {
  return asset.startsWith("SIM_") ? asset.slice(4) : asset;
}

/** "SIM_BTC/SIM_USD" → "BTC". */
export function baseAsset(pair: string): string {
  return plainAsset(pair.slice(0, pair.indexOf("/")));
}

/** "BTCUSDT" of the pair "SIM_BTC/SIM_USD" → "BTC/USDT", as exchanges write it with a slash. */
export function slashedSymbol(pair: string, symbol: string): string {
  const base = baseAsset(pair);
  return symbol.startsWith(base) ? `${base}/${symbol.slice(base.length)}` : symbol;
}
