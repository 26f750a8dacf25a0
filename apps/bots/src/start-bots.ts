/** Fills a room with paper traders, as many of each kind as come out even. */
import { ApiError, signInAsGuest } from "@mirrorbook/sdk";
import { Bot } from "./bot.ts";
import { STRATEGY_NAMES } from "./strategies.ts";

export interface BotsOptions {
  /** Gateways, taken in turn. */
  readonly urls: readonly string[];
  readonly roomId: string;
  readonly code?: string | null;
  readonly count: number;
  /** Mean time between two looks of one bot. */
  readonly stepEveryMs: number;
  readonly random?: () => number;
}

/** Bots that sign in at a time, and how long one waits that came too fast for the gateway's limits. */
const JOINING_AT_ONCE = 10;
const TOO_FAST_MS = 2_000;
const JOIN_ATTEMPTS = 40;

export interface RunningBots {
  readonly bots: readonly Bot[];
  stop(): void;
}

/** Resolves when all of them have a seat. @throws {ApiError} when the room does not take one. */
export async function startBots(options: BotsOptions): Promise<RunningBots> {
  const { urls, roomId, code = null, count, stepEveryMs, random = Math.random } = options;
  const waiting = Array.from({ length: count }, (_, index) => index);
  const bots: Bot[] = [];
  const timers: NodeJS.Timeout[] = [];
  const stop = () => {
    for (const timer of timers) clearInterval(timer);
    for (const bot of bots) bot.close();
  };
  const joinNext = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const strategy = STRATEGY_NAMES[index % STRATEGY_NAMES.length]!;
      const url = urls[index % urls.length]!;
      const name = `${strategy}-${index + 1}`;
      const { token } = await patiently(() => signInAsGuest(url));
      const seat = { url, token, roomId, code, name, strategy, random };
      const bot = await patiently(() => Bot.join(seat));
      bots.push(bot);
      const everyMs = stepEveryMs * (0.5 + random());
      timers.push(setInterval(() => void bot.step().catch(() => {}), everyMs));
    }
  };
  try {
    await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinNext));
  } catch (error) {
    stop();
    throw error;
  }
  return { bots, stop };
}

/** Tries again what a limit of the gateway put off. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const mayPass = error instanceof ApiError && (error.status === 429 || error.status >= 503);
      if (!mayPass || tries === JOIN_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, TOO_FAST_MS));
    }
  }
}
