import type { Dialect, DialectName } from "./dialect.ts";
import { eventsDialect } from "./events.ts";
import { gatewayDialect } from "./gateway.ts";
import { roomsDialect } from "./rooms.ts";
import { streamsDialect } from "./streams.ts";
import { typedDialect } from "./typed.ts";

export {
  type AnyEvent,
  DIALECT_NAMES,
  type Dialect,
  type DialectName,
  type DialectTable,
  type Message,
  type WordingContext,
  word,
} from "./dialect.ts";
export { STREAM_TOPICS } from "./streams.ts";

/** Every dialect by name; adding a sixth is adding one file and one line here. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  events: eventsDialect,
  gateway: gatewayDialect,
  typed: typedDialect,
  streams: streamsDialect,
  rooms: roomsDialect,
};
