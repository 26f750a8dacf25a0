/** The only reader of `process.env` in the audit. */
import { readSettings } from "@mirrorbook/process";
import { redisSettings } from "@mirrorbook/store";
import { z } from "zod";

export const Settings = z.object({
  ...redisSettings,
  /** Where `npm start` keeps its Redis; used when no Redis is named. */
  DATA_DIR: z.string().default(".data"),
});
export type AuditConfig = Readonly<z.infer<typeof Settings>>;

/** @throws {Error} that names every wrong variable. */
export function readConfig(environment: NodeJS.ProcessEnv): AuditConfig {
  return readSettings(Settings, environment);
}

export function namesRedis(config: AuditConfig): boolean {
  return Boolean(config.REDIS_URL || config.REDIS_CLUSTER_NODES || config.REDIS_SENTINELS);
}
