/**
 * Everything that travels over WebSocket and long-polling, as AsyncAPI 3.0: a channel per way in, with all a client may
 * send there and all it may be told, in each dialect spoken there.
 */
import { DISCONNECTS, type DialectName, Handshake } from "@mirrorbook/protocol";
import { z } from "zod";
import { RoomsMessage } from "../plain/rooms.ts";
import { StreamsMessage } from "../plain/streams.ts";
import type { MessageSpec } from "../sockets/messages.ts";
import { TypedMessage } from "../sockets/typed-messages.ts";
import { EVENT_NAMES, EVENTS, messagesOf } from "./dialect-messages.ts";
import { EVENT_SUMMARIES } from "./event-summaries.ts";
import { jsonSchema } from "./json-schema.ts";
import { Refusal } from "./refusal.ts";
import { sampleOf } from "./sample.ts";

type Json = Record<string, unknown>;

interface MessageDoc {
  /** Unique in the document. */
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly payload: Json;
  readonly examples?: readonly { payload: unknown }[];
}

interface ChannelDoc {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly received: readonly MessageDoc[];
  readonly sent: Readonly<Partial<Record<DialectName, readonly MessageDoc[]>>>;
}

export function asyncApi(messages: readonly MessageSpec[]): Json {
  const channels = channelsOf(messages);
  const all = Object.values(channels).flatMap(messagesIn);
  return {
    asyncapi: "3.0.0",
    info: { title: "Mirrorbook", version: "1.0.0", description: ABOUT },
    channels: Object.fromEntries(
      Object.entries(channels).map(([id, channel]) => [id, channelDoc(channel)]),
    ),
    operations: Object.fromEntries(
      Object.entries(channels).flatMap(([id, channel]) => operationsOf(id, channel)),
    ),
    components: {
      messages: Object.fromEntries(all.map(({ id, ...message }) => [id, message])),
      schemas: {
        Handshake: jsonSchema(Handshake, "input"),
        Answer: jsonSchema(Answer, "output"),
        Refusal: jsonSchema(Refusal, "output"),
        Disconnect: DISCONNECT,
      },
    },
  };
}

const ABOUT = [
  "A paper exchange on the live Binance order book.",
  "An event exists once, in its canonical form; a dialect words it for the client at hand.",
  "Every message of a client may carry `traceparent` (W3C); where tracing is on, its answer then has `traceId`.",
].join(" ");

const Answer = z.union([
  z.looseObject({
    ok: z.literal(true),
    value: z.unknown(),
    replayed: z.literal(true).optional(),
    traceId: z.string().optional(),
  }),
  z.looseObject({ ok: z.literal(false), error: Refusal, traceId: z.string().optional() }),
]);

const DISCONNECT: Json = {
  type: "string",
  description: "Why the server ended a connection. Plain WebSocket clients get it as close reason.",
  oneOf: Object.entries(DISCONNECTS).map(([code, { closeCode, message, retry }]) => ({
    const: code,
    description: `${message} Close code ${closeCode}, ${retry ? "reconnect" : "do not reconnect"}.`,
  })),
};

function channelsOf(messages: readonly MessageSpec[]): Readonly<Record<string, ChannelDoc>> {
  return {
    socket: {
      address: "/socket.io",
      title: "Socket.IO",
      description:
        "Socket.IO 4, WebSocket or long-polling; the handshake's `auth` is `Handshake`. Every message may carry an acknowledgement function, which gets `Answer`.",
      received: messages.map(socketMessage),
      sent: {
        events: EVENT_NAMES.map(canonicalEvent),
        gateway: dialectEvents("gateway"),
        typed: dialectEvents("typed"),
      },
    },
    feed: {
      address: "/ws/feed",
      title: "Plain WebSocket, dialect `typed`",
      description: "The envelope `{ type, pair, data }` as text frames.",
      received: [plainMessage("feed.message", "Subscribes or unsubscribes.", TypedMessage)],
      sent: { typed: dialectEvents("typed", "feed.") },
    },
    streams: {
      address: "/ws",
      title: "Plain WebSocket, dialect `streams`",
      description:
        "Flat messages as text frames. `/ws/orders`, `/ws/trades` and `/ws/markets/{symbol}` subscribe by themselves.",
      received: [plainMessage("streams.message", "Subscribes or unsubscribes.", StreamsMessage)],
      sent: { streams: dialectEvents("streams") },
    },
    rooms: {
      address: "/ws/rooms",
      title: "Plain WebSocket, dialect `rooms`",
      description:
        "`{ type, data }` about trade rooms as text frames; `auth` comes first. The same is spoken on every path of a port of its own, when `WS_PORT` is set.",
      received: [
        plainMessage("rooms.message", "Signs in, subscribes, unsubscribes.", RoomsMessage),
      ],
      sent: { rooms: dialectEvents("rooms") },
    },
  };
}

function socketMessage({ name, summary, schema, access }: MessageSpec): MessageDoc {
  return {
    id: idOf(name),
    name,
    summary: access === "user" ? `${summary} Needs a token.` : summary,
    payload: jsonSchema(schema, "input"),
  };
}

function plainMessage(id: string, summary: string, schema: z.ZodType): MessageDoc {
  return { id, name: "text frame", summary, payload: jsonSchema(schema, "input") };
}

function canonicalEvent(name: (typeof EVENT_NAMES)[number]): MessageDoc {
  const payload = jsonSchema(EVENTS[name], "output");
  return {
    id: idOf(name),
    name,
    summary: EVENT_SUMMARIES[name],
    payload,
    examples: [{ payload: sampleOf(payload) }],
  };
}

/** `prefix`: where the same words are heard on a second channel. */
function dialectEvents(dialect: DialectName, prefix = ""): MessageDoc[] {
  return messagesOf(dialect).map(({ type, name, words, payload, example }) => ({
    id: `${prefix}${dialect}.${idOf(type)}`,
    name: type === name ? name : `${name} ${type}`,
    summary: `Words ${words.map((event) => `\`${event}\``).join(", ")}.`,
    payload,
    examples: [{ payload: example }],
  }));
}

function messagesIn({ received, sent }: ChannelDoc): MessageDoc[] {
  return [...received, ...Object.values(sent).flat()];
}

function channelDoc(channel: ChannelDoc): Json {
  const { address, title, description } = channel;
  const messages = messagesIn(channel).map(({ id }) => [
    id,
    { $ref: `#/components/messages/${id}` },
  ]);
  return { address, title, description, messages: Object.fromEntries(messages) };
}

function operationsOf(id: string, { received, sent }: ChannelDoc): [string, Json][] {
  const operation = (action: "receive" | "send", title: string, docs: readonly MessageDoc[]) => ({
    action,
    title,
    channel: { $ref: `#/channels/${id}` },
    messages: docs.map((message) => ({ $ref: `#/channels/${id}/messages/${message.id}` })),
  });
  const sends = Object.entries(sent).map(([dialect, docs]): [string, Json] => [
    `${id}.${dialect}`,
    operation("send", `What a client of the dialect \`${dialect}\` is told`, docs),
  ]);
  return [[`${id}.receive`, operation("receive", "What a client may send", received)], ...sends];
}

/** "order:place" → "order.place": colons mean something in references. */
function idOf(name: string): string {
  return name.replaceAll(":", ".");
}
