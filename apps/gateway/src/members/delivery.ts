/** The hub with what a gateway adds to it: reads from Redis, repair, marks and figures. */
import { type FanoutSources, Hub, type SubscriberClient } from "@mirrorbook/fanout";
import type { BookDepth } from "@mirrorbook/protocol";
import { readBookView, readEvents } from "@mirrorbook/store";
import type { Server } from "socket.io";
import type { Metrics } from "../health/metrics.ts";
import type { Logger } from "../logger.ts";
import type { UserMarks } from "../marks/user-marks.ts";
import type { RedisLinks } from "../redis-links.ts";
import type { PositionCheck } from "./position-check.ts";

export interface DeliveryOptions {
  readonly io: Server;
  readonly links: RedisLinks;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly marks: () => UserMarks;
  readonly positionCheck: () => PositionCheck;
}

export function createHub({ io, links, metrics, log, marks, positionCheck }: DeliveryOptions): Hub {
  const { redis, events } = links;
  const sources: FanoutSources = {
    async readUserEvents(userId, afterSeq, countMax) {
      const read = await readEvents(redis, userId, afterSeq, countMax);
      if (read.kind === "expired") return { kind: "trimmed", seq: read.lastSeq };
      marks().onEvents(userId, read.events);
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
        if (room.kind === "user") marks().onEvents(room.tag, batch);
      },
      onResubscribed: () => void positionCheck().checkAll(),
      onDisconnect: (member, code) => {
        metrics.onDisconnect(code);
        log.info({ code, transport: member.transport, dialect: member.dialect }, "Member cut");
      },
      onProblem: (problem, error) => log.warn({ err: error }, `Fan-out: ${problem}`),
    },
  });
}
