import { AppError } from "@mirrorbook/kernel";
import { pino } from "pino";
import { z } from "zod";
import { readConfig } from "./config.ts";
import { startMarketSim } from "./start-market-sim.ts";

const EXIT_CONFIGURATION = 78;

try {
  const { sim, logLevel } = readConfig(process.env);
  const log = pino({ name: "market-sim", level: logLevel });
  const running = await startMarketSim({ ...sim, log });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void running.close().then(() => process.exit(0)));
  }
} catch (error) {
  if (error instanceof z.ZodError) process.stderr.write(`${z.prettifyError(error)}\n`);
  else if (error instanceof AppError) process.stderr.write(`${error.message}\n`);
  else throw error;
  process.exitCode = EXIT_CONFIGURATION;
}
