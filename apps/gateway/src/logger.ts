import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

/** What must never be written: tokens, passwords and the headers and query texts that carry them. */
const REDACTED = [
  "token",
  "password",
  "*.token",
  "*.password",
  "*.authorization",
  "*.cookie",
  "*.headers.authorization",
  "*.headers.cookie",
  "*.auth.token",
  // ioredis tells with an error what it had been asked to write.
  "*.command.args",
];

export function createLogger(
  settings: { readonly level: string; readonly node: string },
  destination?: DestinationStream,
): Logger {
  const options = {
    level: settings.level,
    base: { app: "gateway", node: settings.node },
    redact: { paths: REDACTED, censor: "[redacted]" },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** The path of a request without its query, which may carry `?token=`. */
export function pathOf(url: string | undefined): string {
  return (url ?? "/").split("?", 1)[0]!;
}
