import { z } from "zod";
import type { Status } from "../health/status.ts";
import { openRoute, Reply, type Route } from "./route.ts";

const Health = z.object({
  status: z.enum(["ok", "degraded", "draining"]),
  node: z.string(),
  /** Node that leads, as far as it is heard here. */
  leader: z.string().nullable(),
  redis: z.enum(["ready", "away"]),
  /** By symbol. */
  feed: z.record(z.string(), z.string()),
});
const Stats = z.looseObject({
  node: z.string(),
  connections: z.int(),
  /** Where else a page can go on when this node is gone; empty where one address stands for all. */
  gateways: z.array(z.string()),
});
const Text = z.string();

/** `/api/health` and `/api/stats`: for people and pages. */
export function statusRoutes(status: Status, gatewayUrls: readonly string[]): Route[] {
  return [
    openRoute(
      { method: "get", path: "/health", summary: "How this node is.", answer: Health },
      () => status.health(),
    ),
    openRoute(
      { method: "get", path: "/stats", summary: "What this node does now.", answer: Stats },
      () => ({ ...status.stats(), gateways: gatewayUrls }),
    ),
  ];
}

/** `/readyz`, `/healthz` and, unless they have a port of their own, `/metrics`: for load balancers and monitors. */
export function operatorRoutes(status: Status, metrics: (() => Promise<string>) | null): Route[] {
  return [
    ...(metrics === null ? [] : [metricsRoute(metrics)]),
    openRoute(
      {
        method: "get",
        path: "/readyz",
        summary: "200 while clients may be sent here.",
        answer: Health,
      },
      () => new Reply(status.isReady ? 200 : 503, status.health()),
    ),
    openRoute(
      { method: "get", path: "/healthz", summary: "200 while the process works.", answer: Text },
      () => new Reply(200, "ok", { "Content-Type": "text/plain" }),
    ),
  ];
}

function metricsRoute(metrics: () => Promise<string>): Route {
  return openRoute(
    { method: "get", path: "/metrics", summary: "Prometheus metrics.", answer: Text },
    async () => new Reply(200, await metrics(), { "Content-Type": METRICS_TYPE }),
  );
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
