import type { Server as HttpServer } from "node:http";
import type { Hub } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import type { RedisClient } from "@mirrorbook/store";
import type { Tracing } from "@mirrorbook/tracing";
import type { Queue } from "bullmq";
import type { Accounts } from "../auth/accounts.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { SessionEnds } from "../auth/session-ends.ts";
import type { TradingDesk } from "../commands/trading-desk.ts";
import type { GatewayConfig } from "../config.ts";
import type { Metrics } from "../health/metrics.ts";
import type { Status } from "../health/status.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { MarketSource } from "../market/market-source.ts";
import type { BestBids } from "../marks/best-bids.ts";
import type { MemberList } from "../members/member-list.ts";
import { OrderReader } from "../reads/order-reader.ts";
import type { MessageSpec } from "../sockets/messages.ts";
import { accountRoutes } from "./account-routes.ts";
import { adminRoutes } from "./admin-routes.ts";
import { createApp } from "./app.ts";
import { authRoutes } from "./auth-routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { exportRoutes } from "./export-routes.ts";
import { marketRoutes } from "./market-routes.ts";
import { orderRoutes } from "./order-routes.ts";
import { queuePage } from "./queue-page.ts";
import { roomRoutes } from "./room-routes.ts";
import type { Route } from "./route.ts";
import { statementRoutes } from "./statement-routes.ts";
import { operatorRoutes, statusRoutes } from "./status-routes.ts";

export interface RestOptions {
  readonly http: HttpServer;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly config: GatewayConfig;
  readonly redis: RedisClient;
  readonly memberList: MemberList;
  readonly hub: Hub;
  readonly accounts: Accounts;
  readonly authenticator: Authenticator;
  readonly sessionEnds: SessionEnds;
  readonly desk: TradingDesk;
  readonly limits: RateLimits;
  readonly markets: MarketDirectory;
  readonly source: MarketSource;
  readonly bids: BestBids;
  readonly status: Status;
  readonly metrics: Metrics;
  /** Described beside the routes. */
  readonly messages: readonly MessageSpec[];
  readonly tracing: Tracing | null;
  readonly log: Logger;
}

/** Serves everything that is plain HTTP. */
export function serveRest(options: RestOptions): void {
  const { http, config, redis, desk, markets, status, metrics } = options;
  const routes: readonly Route[] = [
    ...authRoutes(options),
    ...marketRoutes(redis, markets, options.source),
    ...orderRoutes(desk, new OrderReader(redis), markets.resolve),
    ...roomRoutes(redis, desk, markets.resolve),
    ...accountRoutes(redis, desk, options.bids),
    ...exportRoutes(redis),
    ...statementRoutes(redis, options.queue, options.limits, options.clock),
    ...statusRoutes(status, config.GATEWAY_URLS),
    ...adminRoutes(options.memberList, options.sessionEnds),
  ];
  const rootRoutes = operatorRoutes(
    status,
    config.HEALTH_PORT === undefined ? () => metrics.registry.metrics() : null,
  );
  const documents = documentRoutes(routes, rootRoutes, options.messages);
  const app = createApp({
    ...options,
    settings: {
      payloadBytesMax: config.PAYLOAD_BYTES_MAX,
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
      allowedOrigins: config.ALLOWED_ORIGINS,
      gatewayUrls: config.GATEWAY_URLS,
      pageDir: config.PAGE_DIR,
    },
    routes: [...routes, ...documents.api],
    queuePage: queuePage({
      ...options,
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
      secureCookie: config.NODE_ENV === "production",
    }),
    rootRoutes: [...rootRoutes, ...documents.root],
  });
  http.on("request", app);
}
