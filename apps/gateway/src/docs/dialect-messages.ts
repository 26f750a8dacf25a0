/**
 * What a dialect says, found by having it word a sample of every canonical event: so it is complete, and true, whatever
 * the dialect's code does. The structure is the sample's; what a field means stands at the canonical event.
 */
import {
  accountOfRoom,
  BookView,
  CONNECTION_EVENTS,
  DIALECTS,
  type DialectName,
  type EventName,
  MARKET_EVENTS,
  type Message,
  ROOM_EVENTS,
  USER_EVENTS,
  word,
} from "@mirrorbook/protocol";
import type { z } from "zod";
import { jsonSchema } from "./json-schema.ts";
import { type JsonSchema, sampleOf } from "./sample.ts";

export const EVENTS = {
  ...USER_EVENTS,
  ...MARKET_EVENTS,
  ...ROOM_EVENTS,
  ...CONNECTION_EVENTS,
} as Readonly<Record<EventName, z.ZodType>>;
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];

/** The portfolios an event may be about: a dialect may know only one kind of them. */
const ACCOUNTS = ["main", accountOfRoom("alpha")];

/** Dialects whose messages are told apart by `type` in the body; in the others that is the name. */
const ENVELOPED: ReadonlySet<DialectName> = new Set(["typed", "streams", "rooms"]);

export interface DialectMessage {
  /** What tells it from others: its `type` where messages share one name. */
  readonly type: string;
  /** Name of the Socket.IO event. */
  readonly name: string;
  /** Canonical events it words. */
  readonly words: readonly EventName[];
  readonly payload: JsonSchema;
  readonly example: unknown;
}

export function messagesOf(dialect: DialectName): DialectMessage[] {
  const found = new Map<string, DialectMessage>();
  for (const event of EVENT_NAMES) {
    const message = wordedSample(dialect, event);
    if (message === null) continue;
    const { name, body } = message;
    const type = ENVELOPED.has(dialect) ? (body as { type: string }).type : name;
    const known = found.get(type) ?? {
      type,
      name,
      words: [],
      payload: structureOf(body),
      example: body,
    };
    found.set(type, { ...known, words: [...known.words, event] });
  }
  return [...found.values()];
}

function wordedSample(dialect: DialectName, event: EventName): Message | null {
  const book = sampleOf(jsonSchema(BookView, "output")) as BookView;
  for (const account of ACCOUNTS) {
    const payload = sampleOf(jsonSchema(EVENTS[event], "output"), { account });
    const message = word(DIALECTS[dialect], [event, payload], { userId: "u-1", book });
    if (message !== null) return message;
  }
  return null;
}

function structureOf(value: unknown): JsonSchema {
  if (value === null || value === undefined) return {};
  if (Array.isArray(value)) return { type: "array", items: structureOf(value[0]) };
  if (typeof value !== "object") return { type: typeof value };
  const fields = Object.entries(value).map(([name, field]) => [name, structureOf(field)]);
  return { type: "object", properties: Object.fromEntries(fields) };
}
