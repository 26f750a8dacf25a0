/** The only reader of `process.env` in the worker: one schema, units in the names, validated at start. */
import { hostname } from "node:os";
import { z } from "zod";

const Settings = z.object({
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** Names this process in logs and answers; must differ between workers. */
  NODE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .default(() => `${hostname()}-${process.pid}`),
  HEALTH_HOST: z.string().default("0.0.0.0"),
  /** `/healthz`; 0 takes a free port. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(3020),

  REDIS_URL: z.string().optional(),
  REDIS_CLUSTER_NODES: z.string().optional(),
  REDIS_SENTINELS: z.string().optional(),
  REDIS_SENTINEL_NAME: z.string().optional(),
  REDIS_PASSWORD: z.string().optional(),

  /** How often rankings are told. */
  LEADERBOARD_EVERY_MS: z.coerce.number().int().min(100).max(60_000).default(1_000),
  /** How often rooms are looked at for what should have happened: after loss of the queue, work goes on within this. */
  RECONCILE_EVERY_MS: z.coerce.number().int().min(100).max(60_000).default(1_000),
});

export type WorkerConfig = Readonly<z.infer<typeof Settings>>;

/** @throws {Error} that names every wrong variable and what is wrong with it. */
export function readConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Settings.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new Error(`Configuration is not usable:\n${z.prettifyError(parsed.error)}`);
}
