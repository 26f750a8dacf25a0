import { z } from "zod";
import type { MarketSimConfig } from "./start-market-sim.ts";

const list = (text: string) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

export const Settings = z.object({
  /** 0 takes a free port. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4_010),
  /** Address to listen on. */
  HOST: z.string().default("127.0.0.1"),
  /** Comma list of markets. */
  SYMBOLS: z.string().default("BTCUSDT,ETHUSDT,SOLUSDT,BNBUSDT,XRPUSDT").transform(list),
  /** Same seed, same start time: same market, byte for byte. */
  MARKET_SIM_SEED: z.string().min(1).default("mirrorbook"),
  /** Comma list of recordings (.jsonl, .jsonl.gz); empty for the synthetic market. */
  REPLAY_FILES: z.string().default("").transform(list),
  /** `max` as fast as readers follow; `step` one by one, on request. */
  REPLAY_SPEED: z.union([z.enum(["max", "step"]), z.coerce.number().min(0.1).max(50)]).default(1),
  /** `on-subscription` waits for the first subscription to depth. */
  REPLAY_BEGIN: z.enum(["at-once", "on-subscription"]).default("on-subscription"),
  /** What follows the end: silence with lines open, the beginning, or closed lines. */
  REPLAY_END: z.enum(["hold", "loop", "close"]).default("hold"),
  /** Serves `/control/…`: faults on demand, for tests. */
  CONTROL: z.enum(["on", "off"]).default("off"),
  /** Logs are JSON lines on standard output. */
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

export interface ProcessConfig {
  readonly sim: MarketSimConfig;
  readonly logLevel: string;
}

/** Reads and checks the environment: the only place that does. @throws {z.ZodError} naming every bad setting. */
export function readConfig(environment: NodeJS.ProcessEnv): ProcessConfig {
  const settings = Settings.parse(environment);
  const replay = {
    files: settings.REPLAY_FILES,
    speed: settings.REPLAY_SPEED,
    begin: settings.REPLAY_BEGIN,
    end: settings.REPLAY_END,
  };
  return Object.freeze({
    sim: {
      ...(replay.files.length > 0 ? { replay } : {}),
      port: settings.PORT,
      host: settings.HOST,
      symbols: settings.SYMBOLS,
      seed: settings.MARKET_SIM_SEED,
      control: settings.CONTROL === "on",
    },
    logLevel: settings.LOG_LEVEL,
  });
}
