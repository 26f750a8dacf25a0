/** What travels over Socket.IO in the default dialect, as AsyncAPI 3.0. The other dialects word the same events. */
import {
  CONNECTION_EVENTS,
  Handshake,
  MARKET_EVENTS,
  ROOM_EVENTS,
  USER_EVENTS,
} from "@mirrorbook/protocol";
import type { z } from "zod";
import type { MessageSpec } from "../sockets/messages.ts";
import { jsonSchema } from "./json-schema.ts";

type Json = Record<string, unknown>;

const EVENTS: Readonly<Record<string, z.ZodType>> = {
  ...USER_EVENTS,
  ...MARKET_EVENTS,
  ...ROOM_EVENTS,
  ...CONNECTION_EVENTS,
};
const CHANNEL = "socket";

export function asyncApi(messages: readonly MessageSpec[]): Json {
  const received = messages.map(({ name, summary, schema, access }) => ({
    name,
    summary: access === "user" ? `${summary} Needs a token.` : summary,
    payload: jsonSchema(schema, "input"),
  }));
  const sent = Object.entries(EVENTS).map(([name, schema]) => ({
    name,
    summary: "",
    payload: jsonSchema(schema, "output"),
  }));
  const all = [...received, ...sent];
  return {
    asyncapi: "3.0.0",
    info: { title: "Mirrorbook", version: "1.0.0" },
    channels: {
      [CHANNEL]: {
        address: "/socket.io",
        description: "Socket.IO 4. Every message may carry an acknowledgement function.",
        messages: Object.fromEntries(
          all.map(({ name }) => [idOf(name), { $ref: `#/components/messages/${idOf(name)}` }]),
        ),
      },
    },
    operations: {
      receive: operation("receive", received),
      send: operation("send", sent),
    },
    components: {
      messages: Object.fromEntries(all.map(({ name, ...rest }) => [idOf(name), { name, ...rest }])),
      schemas: { Handshake: jsonSchema(Handshake, "input") },
    },
  };
}

function operation(action: "receive" | "send", messages: readonly { name: string }[]): Json {
  return {
    action,
    channel: { $ref: `#/channels/${CHANNEL}` },
    messages: messages.map(({ name }) => ({
      $ref: `#/channels/${CHANNEL}/messages/${idOf(name)}`,
    })),
  };
}

/** "order:place" → "order.place": colons mean something in references. */
function idOf(name: string): string {
  return name.replaceAll(":", ".");
}
