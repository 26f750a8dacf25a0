/** Settings from the environment: what every process is told, and how a schema is read. */
import { hostname } from "node:os";
import { z } from "zod";

/** To be spread into the schema of a process that runs for long. */
export const processSettings = {
  /** Logs are JSON lines on standard output. */
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** Names this process in logs, answers and metrics; must differ between processes of one kind. */
  NODE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .default(() => `${hostname()}-${process.pid}`),
};

/**
 * Reads and checks settings; a variable that is set to nothing counts as not set.
 *
 * @throws {Error} that names every wrong variable and what is wrong with it, without its value.
 */
export function readSettings<T extends z.ZodType>(
  schema: T,
  environment: NodeJS.ProcessEnv,
): Readonly<z.output<T>> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new Error(`Configuration is not usable:\n${z.prettifyError(parsed.error)}`);
}
