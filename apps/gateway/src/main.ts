import { collectDefaultMetrics, Registry } from "prom-client";
import { type GatewayConfig, readConfig } from "./config.ts";
import { createLogger, type Logger } from "./logger.ts";
import { startGateway } from "./start-gateway.ts";

/** Exit codes: 0 stopped, 1 failed, 2 configuration not usable. */
const FAILED = 1;
const BAD_CONFIGURATION = 2;
/** Beyond the gateway's own limit a stop hangs. */
const STOP_GRACE_MS = 2_000;

const config = configOrExit();
const log = createLogger({ level: config.LOG_LEVEL, node: config.NODE_ID });
process.on("uncaughtException", (error) => exitOnBug(log, error));
process.on("unhandledRejection", (reason) => exitOnBug(log, reason));

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const gateway = await startGateway(config, { log, registry }).catch((error: unknown) => {
  log.fatal({ err: error }, "Gateway could not start");
  process.exit(FAILED);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "Stopping");
    const limitMs = config.DRAIN_SPREAD_MS + config.STOP_WITHIN_MS + STOP_GRACE_MS;
    setTimeout(() => process.exit(FAILED), limitMs).unref();
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => exitOnBug(log, error),
    );
  });
}

function configOrExit(): GatewayConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(BAD_CONFIGURATION);
  }
}

function exitOnBug(logger: Logger, error: unknown): never {
  logger.fatal({ err: error }, "A rule of our own is broken; other nodes go on");
  process.exit(FAILED);
}
