/** The only reader of `process.env` in the audit. */
import { z } from "zod";

const Settings = z.object({
  REDIS_URL: z.string().optional(),
  REDIS_CLUSTER_NODES: z.string().optional(),
  REDIS_SENTINELS: z.string().optional(),
  REDIS_SENTINEL_NAME: z.string().optional(),
  REDIS_PASSWORD: z.string().optional(),
  /** Where `npm start` keeps its Redis; used when no Redis is named. */
  DATA_DIR: z.string().default(".data"),
});
export type AuditConfig = Readonly<z.infer<typeof Settings>>;

/** @throws {Error} that names every wrong variable. */
export function readConfig(environment: NodeJS.ProcessEnv): AuditConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Settings.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new Error(`Configuration is not usable:\n${z.prettifyError(parsed.error)}`);
}

export function namesRedis(config: AuditConfig): boolean {
  return Boolean(config.REDIS_URL || config.REDIS_CLUSTER_NODES || config.REDIS_SENTINELS);
}
