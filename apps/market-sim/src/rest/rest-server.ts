import type { Clock } from "@mirrorbook/kernel";
import express, { type Express, type Request, type Response } from "express";
import type { Faults } from "../faults/faults.ts";
import type { Limits } from "../limits.ts";
import { type BinanceError, refusalError } from "./binance-error.ts";
import type { Route } from "./market-routes.ts";
import { BadParameter } from "./parameters.ts";
import { WeightMeter } from "./weight-meter.ts";

/** Serves the market data endpoints with Binance's weights, errors and, on demand, faults. */
export function createRestServer(parts: {
  routes: ReadonlyMap<string, Route>;
  faults: Faults;
  limits: Limits;
  clock: Clock;
}): Express {
  const { routes, faults, limits, clock } = parts;
  const meter = new WeightMeter(limits.restWeightPerMinuteMax, clock);
  const app = express().disable("x-powered-by").disable("etag");
  for (const [path, route] of routes) {
    app.get(path, async (request, response) => {
      if (faults.restDelayMs > 0) await delay(faults.restDelayMs);
      answer(request, response, route);
    });
  }
  return app;

  function answer(request: Request, response: Response, route: Route): void {
    const fault = faults.takeRefusal("rest");
    if (fault !== undefined) {
      refuse(response, refusalError(fault.status, fault.retryAfterSeconds));
      return;
    }
    const query = new URL(request.url, "http://market-sim").searchParams;
    const used = meter.use(request.ip ?? "", route.weight(query));
    response.set("x-mbx-used-weight", String(used.weight));
    response.set("x-mbx-used-weight-1m", String(used.weight));
    if (used.retryAfterSeconds > 0) {
      refuse(response, refusalError(429, used.retryAfterSeconds));
      return;
    }
    try {
      response.json(route.answer(query));
    } catch (error) {
      if (!(error instanceof BadParameter)) throw error;
      refuse(response, error.answer);
    }
  }
}

function refuse(response: Response, error: BinanceError): void {
  if (error.retryAfterSeconds !== undefined) {
    response.set("Retry-After", String(error.retryAfterSeconds));
  }
  response.status(error.httpStatus).json({ code: error.code, msg: error.msg });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
