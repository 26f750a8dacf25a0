/** The hub with what a gateway adds to it: reads from Redis, repair, marks and figures. */
import {
  batchOf,
  type EventBatch,
  type FanoutSources,
  Hub,
  type SubscriberClient,
} from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import type { BookDepth } from "@mirrorbook/protocol";
import { readBookView, readEvents } from "@mirrorbook/store";
import type { Tracing } from "@mirrorbook/tracing";
import type { Server } from "socket.io";
import type { Metrics } from "../health/metrics.ts";
import type { Logger } from "../logger.ts";
import type { UserMarks } from "../marks/user-marks.ts";
import type { RedisLinks } from "../redis-links.ts";
import type { RoomExits } from "../rooms/room-exits.ts";
import type { PositionCheck } from "./position-check.ts";

export interface DeliveryOptions {
  readonly io: Server;
  readonly links: RedisLinks;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tracing: Tracing | null;
  readonly marks: () => UserMarks;
  readonly positionCheck: () => PositionCheck;
  readonly roomExits: () => RoomExits;
}

export function createHub(options: DeliveryOptions): Hub {
  const { io, links, metrics, clock, log, tracing, marks, positionCheck, roomExits } = options;
  const { redis, events } = links;
  const sources: FanoutSources = {
    async readUserEvents(userId, afterSeq, countMax) {
      const read = await readEvents(redis, userId, afterSeq, countMax);
      if (read.kind === "expired") return { kind: "trimmed", seq: read.lastSeq };
      marks().onEvents(userId, batchOf(read.events));
      return { kind: "events", events: read.events };
    },
    readBook: (symbol, depth) => readBookView(redis, symbol, depth as BookDepth),
  };
  return new Hub({
    io,
    publisher: redis,
    // ioredis' overloads say what the hub's port says, in words the compiler cannot match.
    subscriber: events as unknown as SubscriberClient,
    sources,
    hooks: {
      onEvents: (room, batch) => {
        metrics.onDelivery(room.kind, batch, clock.nowMs());
        if (room.kind === "room") roomExits().onEvents(room.tag, batch.events);
        if (room.kind !== "user") return;
        marks().onEvents(room.tag, batch);
        if (tracing !== null) traceDelivery(tracing, batch);
      },
      onResubscribed: () => {
        void positionCheck().checkAll();
        void roomExits().checkAll();
      },
      onDisconnect: (member, code) => {
        metrics.onDisconnect(code);
        log.info({ code, transport: member.transport, dialect: member.dialect }, "Member cut");
      },
      onProblem: (problem, error) => log.warn({ err: error }, `Fan-out: ${problem}`),
    },
  });
}

/** A span from the arrival of a traced commit's events to the flush that writes them to their members. */
function traceDelivery(tracing: Tracing, { traceparent, links }: EventBatch): void {
  const span = tracing.follow("deliver", traceparent, { "mirrorbook.events": links.length });
  if (span === null) return;
  // The hub flushes in an immediate that it asks for within this call: one asked for afterwards comes after it.
  queueMicrotask(() => setImmediate(() => span.end()));
}
