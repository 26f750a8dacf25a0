import { pino } from "pino";
import { readConfig, type WorkerConfig } from "./config.ts";
import { startWorker } from "./start-worker.ts";

/** A job that takes longer to finish is left to the others. */
const STOP_WITHIN_MS = 8_000;

const config = configOrExit();
const log = pino({ level: config.LOG_LEVEL, base: { app: "worker", node: config.NODE_ID } });

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    log.fatal({ err: error }, "A rule of our own is broken; a replica takes over");
    process.exit(1);
  });
}

const worker = await startWorker(config, log);
log.info({ healthPort: worker.healthPort }, "Working");

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "Finishing");
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    void worker.stop().then(() => process.exit(0));
  });
}

function configOrExit(): WorkerConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(2);
  }
}
