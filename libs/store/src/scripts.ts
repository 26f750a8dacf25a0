import { readFileSync } from "node:fs";
import type { RedisClient } from "./redis.ts";

/** Number of KEYS per script; `null`: it comes before the keys. The Lua file of the same name states the contract. */
const KEY_COUNTS = {
  "acquire-lease": 2,
  "renew-lease": 1,
  "release-lease": 1,
  "claim-user": 1,
  "commit-outcome": 5,
  "commit-room": 2,
  "publish-leaderboard": 5,
  "take-snapshot": 4,
  "raise-fence": 1,
  "write-fenced": 1,
  "publish-events": 2,
  "take-slots": 2,
  "renew-slots": 2,
  "publish-slots": 2,
  forget: null,
} as const;

export type ScriptName = keyof typeof KEY_COUNTS;

/** What ioredis wants to know of our scripts: sent by hash, and in full where the server does not know them. */
export const SCRIPTS: Record<ScriptName, { lua: string; numberOfKeys?: number }> =
  Object.fromEntries(
    Object.entries(KEY_COUNTS).map(([name, numberOfKeys]) => [
      name,
      {
        lua: readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), "utf8"),
        ...(numberOfKeys === null ? {} : { numberOfKeys }),
      },
    ]),
  ) as Record<ScriptName, { lua: string; numberOfKeys?: number }>;

type Call = (...args: readonly (string | number)[]) => Promise<unknown>;

/** Runs a script on a connection of `connectRedis`. Keys first, then arguments, as its Lua header lists them. */
export function runScript(
  redis: RedisClient,
  name: ScriptName,
  ...keysAndArguments: readonly (string | number)[]
): Promise<unknown> {
  return (redis as unknown as Record<ScriptName, Call>)[name](...keysAndArguments);
}
