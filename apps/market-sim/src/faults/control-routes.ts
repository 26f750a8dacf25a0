import express, { type Router } from "express";
import { z } from "zod";
import type { MarketControl } from "./market-control.ts";

const REFUSALS = [403, 418, 429, 451, 503] as const;
const DURATION_MAX_MS = 3_600_000;
const DELAY_MAX_MS = 60_000;

/** The control endpoint for tests; the README beside src lists its actions. */
export function controlRoutes(
  control: MarketControl,
  symbols: readonly string[],
  shutDown: () => Promise<void>,
): Router {
  const Whom = z.union([z.int().positive(), z.literal("all")]).default("all");
  const Market = z
    .string()
    .toUpperCase()
    .pipe(z.enum(symbols as [string, ...string[]]));
  const DurationMs = z.number().nonnegative().max(DURATION_MAX_MS);
  const DelayMs = z.number().nonnegative().max(DELAY_MAX_MS);

  const router = express.Router().use(express.json());
  router.get("/status", (_request, response) => void response.json(control.status()));

  post("drop", z.object({ connection: Whom }), ({ connection }) => ({
    connections: control.drop(connection),
  }));
  post(
    "close",
    z.object({
      connection: Whom,
      code: z.int().min(1000).max(4999).default(1001),
      reason: z.string().max(100).default(""),
    }),
    ({ connection, code, reason }) => ({ connections: control.close(connection, code, reason) }),
  );
  post(
    "stall",
    z.object({ connection: Whom, durationMs: DurationMs.default(DURATION_MAX_MS) }),
    ({ connection, durationMs }) => ({ connections: control.stall(connection, durationMs) }),
  );
  post("slow", z.object({ connection: Whom, delayMs: DelayMs }), ({ connection, delayMs }) => ({
    connections: control.slow(connection, delayMs),
  }));
  post(
    "gap",
    z.object({ symbol: Market, diffs: z.int().nonnegative().max(100_000).default(1) }),
    ({ symbol, diffs }) => control.loseDiffs(symbol, diffs),
  );
  post("rest", z.object({ delayMs: DelayMs }), ({ delayMs }) => control.delayRest(delayMs));
  post(
    "refuse",
    z.object({
      status: z.literal(REFUSALS),
      target: z.enum(["rest", "stream", "both"]).default("both"),
      retryAfterSeconds: z.int().nonnegative().default(1),
      requests: z.int().positive().default(Number.MAX_SAFE_INTEGER),
      durationMs: DurationMs.default(DURATION_MAX_MS),
    }),
    (fault) => control.refuse(fault),
  );
  post(
    "halt",
    z.object({ symbol: Market, status: z.enum(["HALT", "BREAK"]).default("BREAK") }),
    ({ symbol, status }) => control.halt(symbol, status),
  );
  post("resume", z.object({ symbol: Market }), ({ symbol }) => control.resume(symbol));
  post("announce-shutdown", z.object({}), () => control.announceShutdown());
  post("clear", z.object({}), () => control.clear());
  post("step", z.object({ messages: z.int().positive().default(1) }), ({ messages }) => ({
    messages: control.step(messages),
  }));
  post("shutdown", z.object({}), () => {
    // After the answer has left.
    setTimeout(() => void shutDown(), 50);
  });
  return router;

  function post<In>(
    action: string,
    schema: z.ZodType<In>,
    /** Answers with facts to tell, if there are any. */
    act: (input: In) => unknown,
  ): void {
    router.post(`/${action}`, (request, response) => {
      const input = schema.safeParse(request.body ?? {});
      if (!input.success) {
        response.status(400).json({ ok: false, message: z.prettifyError(input.error) });
        return;
      }
      response.json(Object.assign({ ok: true }, act(input.data)));
    });
  }
}
