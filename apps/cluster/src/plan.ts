import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ClusterConfig } from "./config.ts";
import type { MarketChoice } from "./market.ts";
import { httpCheck, type Program } from "./program.ts";

export interface Plan {
  readonly config: ClusterConfig;
  readonly market: MarketChoice;
  /** Absent when the environment says where Redis is. */
  readonly redisPort: number | null;
  readonly marketSimPort: number;
  readonly leaderPorts: readonly number[];
  readonly gatewayPorts: readonly number[];
  readonly workerPorts: readonly number[];
  /** One for each gateway's metrics. */
  readonly gatewayHealthPorts: readonly number[];
  /** As many as gateways, or none. */
  readonly plainSocketPorts: readonly number[];
  readonly secret: string | null;
}

/** Settings that belong to one process each and must not leak into the others. */
const OWN_SETTINGS = [
  "PORT",
  "WS_PORT",
  "NODE_ID",
  "HEALTH_HOST",
  "HEALTH_PORT",
  "GATEWAYS",
  "LEADERS",
  "WORKERS",
];
const PAGE = resolve("apps/web/dist");

/** The simulated market, when it is used. */
export function marketPrograms(plan: Plan): Program[] {
  if (plan.market.source === "binance") return [];
  const port = plan.marketSimPort;
  return [
    nodeProgram(plan, "market-sim", "apps/market-sim/src/main.ts", {
      environment: { PORT: String(port), HOST: "127.0.0.1", SYMBOLS: plan.config.SYMBOLS },
      port,
      check: () => httpCheck(`http://127.0.0.1:${port}/api/v3/ping`),
    }),
  ];
}

export function leaderPrograms(plan: Plan): Program[] {
  return plan.leaderPorts.map((port, index) =>
    nodeProgram(plan, `leader-${index + 1}`, "apps/leader/src/main.ts", {
      environment: {
        ...marketSettings(plan),
        SYMBOLS: plan.config.SYMBOLS,
        HEALTH_HOST: "127.0.0.1",
        HEALTH_PORT: String(port),
      },
      port,
      check: () => httpCheck(`http://127.0.0.1:${port}/healthz`),
    }),
  );
}

export function workerPrograms(plan: Plan): Program[] {
  return plan.workerPorts.map((port, index) =>
    nodeProgram(plan, `worker-${index + 1}`, "apps/worker/src/main.ts", {
      environment: { HEALTH_HOST: "127.0.0.1", HEALTH_PORT: String(port) },
      port,
      check: () => httpCheck(`http://127.0.0.1:${port}/healthz`),
    }),
  );
}

export function gatewayPrograms(plan: Plan): Program[] {
  return plan.gatewayPorts.map((port, index) => {
    const plainSocketPort = plan.plainSocketPorts[index];
    return nodeProgram(plan, `gateway-${index + 1}`, "apps/gateway/src/main.ts", {
      environment: {
        ...marketSettings(plan),
        PORT: String(port),
        HEALTH_HOST: "127.0.0.1",
        HEALTH_PORT: String(plan.gatewayHealthPorts[index]!),
        ...(plainSocketPort === undefined ? {} : { WS_PORT: String(plainSocketPort) }),
        GATEWAY_URLS: plan.config.environment.GATEWAY_URLS ?? localUrls(plan).join(","),
        ...(existsSync(PAGE) ? { PAGE_DIR: PAGE } : {}),
        ...(plan.secret === null ? {} : { JWT_SECRET: plan.secret }),
      },
      port,
      check: () => httpCheck(`http://127.0.0.1:${port}/readyz`),
    });
  });
}

/** A page goes on with another gateway under the name it was opened with: each name is an origin of its own. */
function localUrls({ gatewayPorts }: Plan): string[] {
  return ["localhost", "127.0.0.1"].flatMap((host) =>
    gatewayPorts.map((port) => `http://${host}:${port}`),
  );
}

/** Where the apps find the market: Binance's own addresses, or those of the stand-in. */
function marketSettings({ config, market, marketSimPort }: Plan): Record<string, string> {
  const isLive = market.source === "binance";
  return {
    MARKET: market.source,
    BINANCE_REST_URL: isLive ? config.BINANCE_REST_URL : `http://127.0.0.1:${marketSimPort}`,
    BINANCE_WS_URL: isLive ? config.BINANCE_WS_URL : `ws://127.0.0.1:${marketSimPort}`,
  };
}

interface NodeProgram {
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly check: Program["check"];
}

function nodeProgram(plan: Plan, name: string, entry: string, program: NodeProgram): Program {
  const inherited = Object.entries(plan.config.environment).filter(
    ([setting]) => !OWN_SETTINGS.includes(setting),
  );
  const redis = plan.redisPort === null ? {} : { REDIS_URL: `redis://127.0.0.1:${plan.redisPort}` };
  return {
    name,
    command: process.execPath,
    arguments: [entry],
    environment: {
      ...Object.fromEntries(inherited),
      ...redis,
      NODE_ID: name,
      ...program.environment,
    },
    isNode: true,
    port: program.port,
    check: program.check,
  };
}
