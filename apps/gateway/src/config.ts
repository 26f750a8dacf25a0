/** The only reader of `process.env` in the gateway: one schema, units in the names, validated at start. */
import { processSettings, readSettings } from "@mirrorbook/process";
import { redisSettings } from "@mirrorbook/store";
import { tracingSettings } from "@mirrorbook/tracing";
import { z } from "zod";

const SECRET_LENGTH_MIN = 32;
/** Words that open secrets copied from documents: refused in production whatever follows. */
const WELL_KNOWN_SECRET =
  /^(?:your|change|secret|default|example|test|dev|jwt|password|mirrorbook)/i;

const list = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .transform((parts) => parts.filter((part) => part !== ""));
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const milliseconds = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const port = z.coerce.number().int().min(0).max(65_535);

export const Settings = z.object({
  /** `production` refuses weak secrets. */
  NODE_ENV: z.enum(["production", "development", "test"]).default("development"),
  ...processSettings,

  /** Address to listen on. */
  HOST: z.string().default("0.0.0.0"),
  /** 0 takes a free port. */
  PORT: port.default(3000),
  /** Second port that speaks the rooms dialect on `/`. */
  WS_PORT: port.optional(),
  /**
   * `/metrics` and `/healthz` are served here, for operators alone; 0 takes a free port. Without it `/metrics` stands on
   * `PORT`, where a proxy in front must keep it from clients.
   */
  HEALTH_PORT: port.optional(),
  /** Address of `HEALTH_PORT`. */
  HEALTH_HOST: z.string().default("127.0.0.1"),
  /** Folder of the built page; without it only the interfaces are served. */
  PAGE_DIR: z.string().optional(),
  /** Origins that browsers may call from, beside the gateway's own; `*` allows every one. */
  ALLOWED_ORIGINS: list.default([]),
  /** Addresses of all gateways as browsers reach them, if each has its own: a page goes on with another when its own is gone. */
  GATEWAY_URLS: list.pipe(z.array(z.url())).default([]),
  /** Proxies in front that append to X-Forwarded-For; 0 believes the socket's address only. */
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(8).default(0),

  ...redisSettings,

  /** Signs and checks the gateway's own tokens; the same for all gateways, at least 32 characters. */
  JWT_SECRET: z.string().optional(),
  /** Keys of an outside identity provider; with it the gateway issues no tokens of its own. */
  JWKS_URL: z.url().optional(),
  /** Tokens must name it as `iss`. */
  JWT_ISSUER: z.string().default("mirrorbook"),
  /** Tokens must name it as `aud`. */
  JWT_AUDIENCE: z.string().default("mirrorbook"),
  /** Of tokens the gateway issues. */
  TOKEN_LIFETIME_MS: milliseconds(12 * 3_600_000),
  /** Creates the user `admin` with the roles admin and monitor at start. */
  ADMIN_PASSWORD: z.string().min(12).optional(),

  /** Where candles and 24 h figures come from: the same market the leader follows. */
  BINANCE_REST_URL: z.url().default("https://data-api.binance.vision"),

  /** On this node. */
  CONNECTIONS_MAX: count(20_000),
  /** On all gateways together. */
  CONNECTIONS_PER_ADDRESS_MAX: count(200),
  /** On all gateways together. */
  CONNECTIONS_PER_USER_MAX: count(20),
  /** Connections of a gateway that died are counted for so long. */
  CONNECTION_LEASE_MS: z.coerce.number().int().min(1_000).max(600_000).default(15_000),
  /** Books, tickers, tapes and rooms of one connection. */
  SUBSCRIPTIONS_PER_CONNECTION_MAX: count(100),
  /** Of one connection; twice that at once. Whoever stays above twice the rate is cut. */
  MESSAGES_PER_SECOND_MAX: count(100),
  /** Commands of one user, on all gateways together. */
  ORDERS_PER_SECOND_MAX: count(50),
  /** REST requests from one address, on this node. */
  REQUESTS_PER_SECOND_MAX: count(200),
  /** Logins by address and by name, on all gateways together. */
  AUTH_ATTEMPTS_PER_MINUTE_MAX: count(20),
  /** New guests from one address, on all gateways together. */
  GUESTS_PER_MINUTE_MAX: count(120),
  /** One inbound frame or HTTP body. */
  PAYLOAD_BYTES_MAX: count(16_384),

  /** Gateways compare what members were sent with the log this often. */
  POSITION_CHECK_EVERY_MS: milliseconds(5_000),
  /** Without a leader's heartbeat for so long the gateway is not ready. */
  HEARTBEAT_TIMEOUT_MS: milliseconds(3_000),
  /** Portfolio marks: at most one per user in this time, and only on change. */
  MARK_EVERY_MS: milliseconds(1_000),
  /** Members of trade rooms learn of their own rank at most once in this time, and only when it changed. */
  OWN_RANK_EVERY_MS: milliseconds(1_000),
  /** Members are asked to reconnect at a moment spread over this time when the gateway stops. */
  DRAIN_SPREAD_MS: milliseconds(2_000),
  /** The gateway stops after so long even if commands are still unanswered. */
  STOP_WITHIN_MS: milliseconds(10_000),

  ...tracingSettings,
});

export type GatewayConfig = Readonly<z.infer<typeof Settings>>;

const Checked = Settings.superRefine((settings, context) => {
  const problem = (name: keyof GatewayConfig, message: string) =>
    context.addIssue({ code: "custom", path: [name], message });
  const { JWT_SECRET: secret, JWKS_URL: keys, NODE_ENV: environment } = settings;
  if ((secret === undefined) === (keys === undefined)) {
    problem("JWT_SECRET", "give either JWT_SECRET or JWKS_URL");
  }
  if (secret === undefined) return;
  if (secret.length < SECRET_LENGTH_MIN) {
    problem("JWT_SECRET", `must have at least ${SECRET_LENGTH_MIN} characters`);
  }
  if (environment === "production" && isWeak(secret)) {
    problem("JWT_SECRET", "is a well-known or repetitive text: use e.g. `openssl rand -hex 32`");
  }
});

/** Pages of the other gateways are this one's own pages. */
function withGatewayOrigins(settings: GatewayConfig): GatewayConfig {
  const origins = settings.GATEWAY_URLS.map((url) => new URL(url).origin);
  return { ...settings, ALLOWED_ORIGINS: [...new Set([...settings.ALLOWED_ORIGINS, ...origins])] };
}

/** Tells copied and repetitive secrets from random ones; 32 random hex digits have some 14 different characters. */
function isWeak(secret: string): boolean {
  return WELL_KNOWN_SECRET.test(secret) || new Set(secret).size < 8;
}

/**
 * Reads and checks the configuration.
 *
 * @throws {Error} that names wrong variables and what is wrong with them, without their values.
 */
export function readConfig(environment: NodeJS.ProcessEnv): GatewayConfig {
  return Object.freeze(withGatewayOrigins(readSettings(Checked, environment)));
}
