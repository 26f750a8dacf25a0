/** Puts the gateway together: who is given what. Each part is built once here and knows only what it is handed. */
import type { Server as HttpServer } from "node:http";
import { closeServer, type Hub } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import { startHealthServer } from "@mirrorbook/process";
import { CommandDesk, RoomPackets } from "@mirrorbook/store";
import { startTracing } from "@mirrorbook/tracing";
import type { Registry } from "prom-client";
import { Accounts } from "./auth/accounts.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { RecentRevocations } from "./auth/recent-revocations.ts";
import { Revocations } from "./auth/revocations.ts";
import { SessionEnds } from "./auth/session-ends.ts";
import { Sessions } from "./auth/sessions.ts";
import { Tokens } from "./auth/tokens.ts";
import { TradingDesk } from "./commands/trading-desk.ts";
import type { GatewayConfig } from "./config.ts";
import { drain } from "./health/drain.ts";
import { FeedNotices } from "./health/feed-notices.ts";
import { Liveness } from "./health/liveness.ts";
import { Metrics } from "./health/metrics.ts";
import { Status } from "./health/status.ts";
import { openJobQueue } from "./job-queue.ts";
import { ConnectionSeats } from "./limits/connection-seats.ts";
import { RateLimits } from "./limits/rate-limits.ts";
import type { Logger } from "./logger.ts";
import { MarketDirectory } from "./market/market-directory.ts";
import { MarketSource } from "./market/market-source.ts";
import { BestBids } from "./marks/best-bids.ts";
import { UserMarks } from "./marks/user-marks.ts";
import { Connections } from "./members/connections.ts";
import { createHub } from "./members/delivery.ts";
import { MemberList } from "./members/member-list.ts";
import { PositionCheck } from "./members/position-check.ts";
import { SubscriptionDesk } from "./members/subscriptions.ts";
import { servePlain } from "./plain/serve-plain.ts";
import type { openRedisLinks } from "./redis-links.ts";
import { serveRest } from "./rest/serve-rest.ts";
import { OwnRanks } from "./rooms/own-ranks.ts";
import { RoomExits } from "./rooms/room-exits.ts";
import { allMessages } from "./sockets/all-messages.ts";
import { Answering } from "./sockets/answering.ts";
import { createSocketServer, serveSocketIo } from "./sockets/socket-server.ts";

/** A connection of a stopping node has so long to close by itself. */
const GOODBYE_WITHIN_MS = 1_000;

export interface AssemblyOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly registry: Registry | undefined;
  readonly openLinks: typeof openRedisLinks;
  readonly http: HttpServer;
  readonly roomsHttp: HttpServer | null;
}

/** An outside provider's tokens can be valid for longer than ours; their revocations are kept this long. */
const OUTSIDE_TOKEN_LIFETIME_MS = 30 * 24 * 3_600_000;

/**
 * Builds and connects everything behind `http`, which does not listen yet; resolves when it may.
 *
 * @throws {Error} when Redis cannot be reached.
 */
export async function assembleGateway(
  options: AssemblyOptions,
): Promise<{ readonly healthPort: number | null; close(): Promise<void> }> {
  const { config, log, clock, http, roomsHttp } = options;
  await using built = new AsyncDisposableStack();
  const closing = <T extends { close(): unknown }>(part: T): T =>
    built.adopt(part, async (owned) => void (await owned.close()));

  const tracing = await startTracing(config, { app: "gateway", node: config.NODE_ID });
  if (tracing !== null) closing(tracing);
  const links = built.use(await options.openLinks(config, log));
  const { redis } = links;
  const packets = new RoomPackets();
  const metrics = closing(new Metrics(options.registry));
  const limits = new RateLimits(redis, {
    ordersPerSecond: config.ORDERS_PER_SECOND_MAX,
    requestsPerSecond: config.REQUESTS_PER_SECOND_MAX,
    authAttemptsPerMinute: config.AUTH_ATTEMPTS_PER_MINUTE_MAX,
    guestsPerMinute: config.GUESTS_PER_MINUTE_MAX,
  });

  const tokens = new Tokens(tokenSettings(config), clock);
  const recent = new RecentRevocations(clock);
  const authenticator = new Authenticator(tokens, redis, clock, recent);
  const accounts = new Accounts(redis, tokens, clock);
  const sessions = closing(new Sessions(clock, recent));
  const lifetimeMs = tokens.canIssue ? config.TOKEN_LIFETIME_MS : OUTSIDE_TOKEN_LIFETIME_MS;
  const sessionEnds = new SessionEnds(redis, packets, clock, lifetimeMs);
  closing(
    await Revocations.listen({
      redis,
      subscriber: links.answers,
      packets,
      sessions,
      recent,
      log,
    }),
  );
  if (config.ADMIN_PASSWORD !== undefined) await accounts.ensureAdmin(config.ADMIN_PASSWORD);

  const markets = closing(new MarketDirectory(redis, log));
  await markets.follow();
  const seats = closing(await ConnectionSeats.start(redis, seatSettings(config), log));
  const io = built.adopt(createSocketServer(socketSettings(config), seats), async (server) => {
    // It has no engine before it is attached, which is when building fails half-way.
    if ((server.engine as unknown) !== undefined) await closeServer(server, GOODBYE_WITHIN_MS);
  });
  const hub: Hub = closing(
    createHub({
      io,
      links,
      metrics,
      clock,
      log,
      tracing,
      marks: () => marks,
      positionCheck: () => positionCheck,
      roomExits: () => roomExits,
    }),
  );
  const positionCheck = closing(new PositionCheck(hub, redis, config.POSITION_CHECK_EVERY_MS, log));
  const bids = new BestBids(redis, markets);
  const marks: UserMarks = closing(
    new UserMarks({
      hub,
      redis,
      bids,
      everyMs: config.MARK_EVERY_MS,
      isConnected: (userId) => sessions.countOf(userId) > 0,
      nowMs: () => clock.nowMs(),
      log,
    }),
  );

  const notices = new FeedNotices({
    hub,
    redis,
    markets,
    isHeard: () => liveness.isAlive,
    nowMs: () => clock.nowMs(),
    log,
  });
  const liveness = closing(
    await Liveness.start({
      redis,
      subscriber: links.events,
      packets,
      symbols: () => markets.symbols,
      timeoutMs: config.HEARTBEAT_TIMEOUT_MS,
      log,
      onSilent: () => notices.tellStale(),
      onHeard: () => {
        void positionCheck.checkAll();
        void markets.refresh().then(() => notices.tellCurrent());
      },
      clock,
    }),
  );
  const desk = new TradingDesk({
    desk: closing(
      await CommandDesk.open({
        redis,
        subscriber: links.answers,
        node: config.NODE_ID,
        accepting: () => liveness.hasLeader,
      }),
    ),
    redis,
    limits,
    clock,
    tracing,
    onAnswered: (command, outcome, tookMs) => metrics.onCommand(command, outcome, tookMs),
  });
  const status = new Status({
    node: config.NODE_ID,
    hub,
    redis,
    liveness,
    markets,
    sessions,
    desk,
    clock,
  });
  metrics.observe({
    counters: () => hub.counters(),
    members: () => status.members(),
    rooms: () => status.rooms(),
    slowMembers: () => hub.slowMembers,
    users: () => sessions.userCount,
    commandsWaiting: () => desk.waiting,
    positionRepairs: () => positionCheck.repairs,
    isReady: () => status.isReady,
  });

  const connections = new Connections({
    hub,
    redis,
    sessions,
    clock,
    log,
    node: config.NODE_ID,
    messagesPerSecondMax: config.MESSAGES_PER_SECOND_MAX,
    onResume: (result) => metrics.onResume(result),
    onUser: (userId) => {
      marks.watch(userId);
      desk.ensureAccount(userId).catch((error: unknown) => {
        log.debug({ err: error }, "An account will be opened at the first command");
      });
    },
  });
  const subscriptions = new SubscriptionDesk({
    hub,
    redis,
    markets,
    perConnectionMax: config.SUBSCRIPTIONS_PER_CONNECTION_MAX,
    feedStatus: (symbol) => notices.current(symbol),
    log,
  });
  const roomExits = new RoomExits({ hub, redis, connections, subscriptions, log });
  closing(
    new OwnRanks({
      hub,
      redis,
      everyMs: config.OWN_RANK_EVERY_MS,
      nowMs: () => clock.nowMs(),
      log,
    }),
  );
  const messages = allMessages({ hub, desk, subscriptions, markets, clock, log });
  const isDraining = () => status.isDraining;
  closing(
    servePlain({
      http,
      roomsHttp,
      settings: socketSettings(config),
      hub,
      connections,
      subscriptions,
      markets,
      authenticator,
      seats,
      isDraining,
      log,
    }),
  );
  const queue = closing(openJobQueue(links.jobs, log));
  serveRest({
    queue,
    clock,
    http,
    config,
    redis,
    memberList: new MemberList({ io, hub, connections, node: config.NODE_ID }),
    hub,
    accounts,
    authenticator,
    sessionEnds,
    desk,
    limits,
    markets,
    source: new MarketSource(config.BINANCE_REST_URL, clock),
    bids,
    status,
    metrics,
    messages,
    tracing,
    log,
  });
  serveSocketIo({
    io,
    http,
    hub,
    settings: socketSettings(config),
    authenticator,
    seats,
    connections,
    answering: new Answering({ hub, messages, tracing, log }),
    isDraining,
    log,
  });

  const health =
    config.HEALTH_PORT === undefined ? null : closing(await serveHealth(config, metrics, status));
  if (health === null && config.NODE_ENV === "production" && config.TRUSTED_PROXY_HOPS === 0) {
    log.warn("HEALTH_PORT is not set, nor a proxy: whoever reaches PORT may read /metrics");
  }

  const parts = built.move();
  let closed: Promise<void> | null = null;
  const close = async () => {
    await drain({ config, status, hub, desk, http, roomsHttp });
    await parts.disposeAsync();
    log.info("Gateway stopped");
  };
  return {
    healthPort: health?.port ?? null,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** For operators alone: on an address that clients do not reach. */
function serveHealth(config: GatewayConfig, { registry }: Metrics, status: Status) {
  const port = config.HEALTH_PORT ?? 0;
  const health = () => status.health();
  return startHealthServer({ port, host: config.HEALTH_HOST, registry, health });
}

function tokenSettings(config: GatewayConfig) {
  return {
    secret: config.JWT_SECRET,
    jwksUrl: config.JWKS_URL,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    lifetimeMs: config.TOKEN_LIFETIME_MS,
  };
}

function socketSettings(config: GatewayConfig) {
  return {
    payloadBytesMax: config.PAYLOAD_BYTES_MAX,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    allowedOrigins: config.ALLOWED_ORIGINS,
  };
}

function seatSettings(config: GatewayConfig) {
  return {
    node: config.NODE_ID,
    connectionsMax: config.CONNECTIONS_MAX,
    perAddressMax: config.CONNECTIONS_PER_ADDRESS_MAX,
    perUserMax: config.CONNECTIONS_PER_USER_MAX,
    leaseMs: config.CONNECTION_LEASE_MS,
  };
}
