/** Publishing to rooms, and listening to them without Socket.IO. */
import { BATCH_PACKET, type CanonicalEvent } from "@mirrorbook/protocol";
import type { RedisClient } from "./redis.ts";
import type { RoomPackets } from "./room-packets.ts";

/** An event as it travels in a batch. Names beyond `CanonicalEvent` are for gateways only (see `heartbeat.ts`). */
export type RoomEvent = readonly [name: string, payload: object];

/** Publishes events that are not numbered and not stored; returns how many connections it reached. */
export async function publishToRoom(
  redis: RedisClient,
  packets: RoomPackets,
  room: string,
  events: readonly (CanonicalEvent | RoomEvent)[],
): Promise<number> {
  const texts = events.map((event) => JSON.stringify(event));
  const { channel, message } = packets.packet(room, texts);
  return Number(await redis.spublish(channel, message));
}

/**
 * Hears a room's events on a `subscriber` connection, beside whatever adapter uses that connection too. Settles when the
 * subscription is confirmed; ioredis subscribes again after a reconnection.
 *
 * Only for rooms no client joins: when the last client leaves a room, the adapter ends the channel's subscription.
 */
export async function listenToRoom(
  subscriber: RedisClient,
  packets: RoomPackets,
  room: string,
  onEvent: (event: RoomEvent) => void,
): Promise<RoomListener> {
  const { channel } = packets.template(room);
  const onMessage = (from: string, message: string) => {
    if (from !== channel) return;
    for (const event of eventsIn(message)) onEvent(event);
  };
  subscriber.on("smessage", onMessage);
  await subscriber.ssubscribe(channel);
  return {
    resubscribe: async () => {
      await subscriber.ssubscribe(channel);
    },
    close: () => {
      subscriber.off("smessage", onMessage);
      subscriber.sunsubscribe(channel).catch(() => {}); // The connection is going away, or the channel falls silent.
    },
  };
}

export interface RoomListener {
  /** Subscribes once more, for a channel that fell silent; harmless when it is subscribed. */
  resubscribe(): Promise<void>;
  close(): void;
}

function eventsIn(message: string): readonly RoomEvent[] {
  const { data } = JSON.parse(message) as { data?: { packet?: { data?: unknown[] } } };
  const [name, events] = data?.packet?.data ?? [];
  return name === BATCH_PACKET ? (events as RoomEvent[]) : [];
}
