/** The default dialect, of document 002 and everything new: each canonical event under its own name. */
import {
  CONNECTION_EVENTS,
  type EventName,
  MARKET_EVENTS,
  ROOM_EVENTS,
  USER_EVENTS,
} from "../events.ts";
import type { Dialect, DialectTable, Message } from "./dialect.ts";

const NAMES = Object.keys({
  ...USER_EVENTS,
  ...MARKET_EVENTS,
  ...ROOM_EVENTS,
  ...CONNECTION_EVENTS,
}) as EventName[];

const asItIs =
  (name: EventName) =>
  (body: unknown): Message => ({ name, body });

export const eventsDialect: Dialect = {
  name: "events",
  needsFullBook: false,
  isVerbatim: true,
  table: Object.fromEntries(NAMES.map((name) => [name, asItIs(name)])) as DialectTable,
};
