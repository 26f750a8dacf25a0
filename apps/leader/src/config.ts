/** The only reader of `process.env` in the leader: one schema, units in the names, validated at start. */
import { processSettings, readSettings } from "@mirrorbook/process";
import { LEASE_TTL_MS, redisSettings } from "@mirrorbook/store";
import { tracingSettings } from "@mirrorbook/tracing";
import { z } from "zod";

const list = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim().toUpperCase()))
  .pipe(z.array(z.string().regex(/^[A-Z0-9]{2,20}$/)).min(1));
const milliseconds = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const decimal = (fallback: string) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})(?:\.\d{1,8})?$/, "must be decimal text such as 100000")
    .default(fallback);
/** `SYMBOL:ms,SYMBOL:ms` */
const timesBySymbol = z
  .string()
  .regex(/^[A-Z0-9]+:[1-9]\d{0,8}(?:,[A-Z0-9]+:[1-9]\d{0,8})*$/, "must be SYMBOL:ms,SYMBOL:ms")
  .transform((text): Readonly<Record<string, number>> => {
    const pairs = text.split(",").map((part) => part.split(":") as [string, string]);
    return Object.fromEntries(pairs.map(([symbol, ms]) => [symbol, Number(ms)]));
  });

export const Settings = z.object({
  ...processSettings,
  /** Address that health and metrics are served on. */
  HEALTH_HOST: z.string().default("0.0.0.0"),
  /** `/healthz` and `/metrics`; 0 takes a free port. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(3010),

  ...redisSettings,
  /** A leader that dies is replaced when this has passed; it renews the lease four times a second. */
  LEASE_TTL_MS: z.coerce.number().int().min(1_000).max(60_000).default(LEASE_TTL_MS),

  /** Which market the bases below lead to: it is what clients are told. `auto` is for the cluster runner only. */
  MARKET: z.enum(["binance", "simulated"]).default("binance"),
  /** Base of Binance's REST interface, or of what stands in for it. */
  BINANCE_REST_URL: z.url().default("https://data-api.binance.vision"),
  /** Base of Binance's streams. */
  BINANCE_WS_URL: z.url().default("wss://data-stream.binance.vision/ws"),
  /** Comma list of markets; all leaders need the same. */
  SYMBOLS: list.default(["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"]),
  /** A market without a depth event for so long is stale, unless REST says that nothing has changed. */
  FEED_STALE_AFTER_MS: milliseconds(5_000),
  /** `SYMBOL:ms,SYMBOL:ms`, for quiet markets. */
  FEED_STALE_AFTER_MS_BY_SYMBOL: timesBySymbol.default({}),

  /** SIM_USD each new portfolio starts with. */
  STARTING_BALANCE: decimal("100000"),
  /** Shares of the value traded: 0.001 is 0.1 %. */
  MAKER_FEE_RATE: decimal("0.001"),
  /** Of orders that take liquidity. */
  TAKER_FEE_RATE: decimal("0.001"),

  ...tracingSettings,
});

export type LeaderConfig = Readonly<z.infer<typeof Settings>>;

/**
 * Reads and checks the configuration.
 *
 * @throws {Error} that names every wrong variable and what is wrong with it.
 */
export function readConfig(environment: NodeJS.ProcessEnv): LeaderConfig {
  return readSettings(Settings, environment);
}
