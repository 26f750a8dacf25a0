/** The only reader of `process.env` in the worker: one schema, units in the names, validated at start. */
import { processSettings, readSettings } from "@mirrorbook/process";
import { redisSettings } from "@mirrorbook/store";
import { z } from "zod";

const DAY_MS = 24 * 3_600_000;

export const Settings = z.object({
  ...processSettings,
  /** Address that health and metrics are served on. */
  HEALTH_HOST: z.string().default("0.0.0.0"),
  /** `/healthz` and `/metrics`; 0 takes a free port. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(3020),

  ...redisSettings,

  /** How often rankings are told. */
  LEADERBOARD_EVERY_MS: z.coerce.number().int().min(100).max(60_000).default(1_000),
  /** How often what is over for long is looked for, to be forgotten. */
  RETENTION_EVERY_MS: z.coerce.number().int().min(1_000).max(DAY_MS).default(3_600_000),
  /** How long a trade room is kept after its end. */
  ROOMS_KEPT_MS: z.coerce
    .number()
    .int()
    .min(60_000)
    .default(90 * DAY_MS),
  /** How long a guest is kept after its last command. Must be longer than `TOKEN_LIFETIME_MS` of the gateways. */
  GUESTS_KEPT_MS: z.coerce
    .number()
    .int()
    .min(DAY_MS)
    .default(30 * DAY_MS),
  /** How often rooms are looked at for what should have happened: after loss of the queue, work goes on within this. */
  RECONCILE_EVERY_MS: z.coerce.number().int().min(100).max(60_000).default(1_000),
});

export type WorkerConfig = Readonly<z.infer<typeof Settings>>;

/** @throws {Error} that names every wrong variable and what is wrong with it. */
export function readConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  return readSettings(Settings, environment);
}
