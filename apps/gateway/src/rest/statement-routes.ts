import type { Clock } from "@mirrorbook/kernel";
import { type PendingStatement, Statement, StatementRequest } from "@mirrorbook/protocol";
import {
  JOB_OPTIONS,
  JOBS,
  type RedisClient,
  readStatement,
  writeStatement,
} from "@mirrorbook/store";
import type { Queue } from "bullmq";
import { z } from "zod";
import type { RateLimits } from "../limits/rate-limits.ts";
import { reading } from "../reads/reading.ts";
import { Reply, type Route, userRoute } from "./route.ts";

/** Statements: asked for here, drawn up by a worker from the whole journal, fetched here. */
export function statementRoutes(
  redis: RedisClient,
  queue: Queue,
  limits: RateLimits,
  clock: Clock,
): Route[] {
  return [
    userRoute(
      {
        method: "post",
        path: "/statement",
        summary: "Asks for a statement of one portfolio over a time, in place of the last one.",
        body: StatementRequest,
        answer: z.object({ statement: Statement }),
        status: 202,
      },
      async ({ body: { account, from, to }, identity: { userId } }) => {
        await limits.order(userId); // It costs a worker a read of the whole journal.
        const requestedAt = new Date(clock.nowMs()).toISOString();
        const asked: PendingStatement = {
          status: "pending",
          account,
          from: from ?? null,
          to: to ?? requestedAt,
          requestedAt,
        };
        await reading(writeStatement(redis, userId, asked));
        await reading(queue.add(JOBS.statement, { userId, asked }, JOB_OPTIONS));
        return { statement: asked };
      },
    ),
    userRoute(
      {
        method: "get",
        path: "/statement",
        summary: "The statement asked for last, once it is ready; it is kept for a day.",
        answer: z.object({ statement: Statement.nullable() }),
      },
      async ({ identity: { userId } }) => {
        const statement = await reading(readStatement(redis, userId));
        const name = `mirrorbook-statement-${statement?.account ?? "none"}.json`;
        const headers = { "Content-Disposition": `inline; filename="${name}"` };
        return new Reply(200, { statement }, headers);
      },
    ),
  ];
}
