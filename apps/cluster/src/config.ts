/** The only reader of `process.env` in the runner. What is meant for the apps is passed on to them as it is. */
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535);
const replicas = z.coerce.number().int().min(1).max(16);

export const Settings = z.object({
  /** Port of the first gateway; the others take the next ones. */
  PORT: port.default(3000),
  /** Port of the first gateway for plain WebSocket clients of the rooms dialect. */
  WS_PORT: port.optional(),
  /** How many. */
  GATEWAYS: replicas.default(2),
  /** How many; one leads, the others stand by. */
  LEADERS: replicas.default(2),
  /** How many. */
  WORKERS: replicas.default(1),
  /** `auto` takes live Binance when it can be reached. */
  MARKET: z.enum(["auto", "binance", "simulated"]).default("auto"),
  /** Base of Binance's REST interface. */
  BINANCE_REST_URL: z.url().default("https://data-api.binance.vision"),
  /** Base of Binance's streams. */
  BINANCE_WS_URL: z.url().default("wss://data-stream.binance.vision/ws"),
  /** Comma list of markets. */
  SYMBOLS: z.string().default("BTCUSDT,ETHUSDT,SOLUSDT,BNBUSDT,XRPUSDT"),
  /** A Redis that is there already; without it the runner starts its own. */
  REDIS_URL: z.string().optional(),
  /** As in the apps: a Redis Cluster that is there already. */
  REDIS_CLUSTER_NODES: z.string().optional(),
  /** As in the apps: Sentinels that are there already. */
  REDIS_SENTINELS: z.string().optional(),
  /** As in the apps: of the Redis that is there already, where its URL has none. */
  REDIS_PASSWORD: z.string().optional(),
  /** Signs the gateways' tokens; without it one is made and kept in `DATA_DIR`. */
  JWT_SECRET: z.string().optional(),
  /** Keys of an outside identity provider, in place of a secret. */
  JWKS_URL: z.string().optional(),
  /** Redis data, logs and the generated secret; ignored by git. */
  DATA_DIR: z.string().default(".data"),
});

export interface ClusterConfig extends Readonly<z.infer<typeof Settings>> {
  /** The whole environment, for the apps. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws {Error} that names every wrong variable. */
export function readConfig(environment: NodeJS.ProcessEnv): ClusterConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => !!entry[1]),
  );
  const parsed = Settings.safeParse(given);
  if (parsed.success) return Object.freeze({ ...parsed.data, environment: given });
  throw new Error(`Configuration is not usable:\n${z.prettifyError(parsed.error)}`);
}
