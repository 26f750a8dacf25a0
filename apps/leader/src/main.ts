import { type Logger, pino } from "pino";
import { type LeaderConfig, readConfig } from "./config.ts";
import { startLeader } from "./start-leader.ts";

/** A stop that takes longer ends without waiting; the lease then runs out by itself. */
const STOP_WITHIN_MS = 8_000;

const config = configOrExit();
const log = pino({ level: config.LOG_LEVEL, base: { app: "leader", node: config.NODE_ID } });

process.on("uncaughtException", (error) => exitOnBug(log, error));
process.on("unhandledRejection", (reason) => exitOnBug(log, reason));

const running = await startLeader({ config, log, onFatal: (error) => exitOnBug(log, error) });
log.info({ healthPort: running.healthPort, market: config.MARKET }, "Standing by");

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "Handing over");
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error) => exitOnBug(log, error),
    );
  });
}

function configOrExit(): LeaderConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(2);
  }
}

function exitOnBug(logger: Logger, error: unknown): void {
  logger.fatal({ err: error }, "A rule of our own is broken; a replica takes over");
  process.exit(1);
}
