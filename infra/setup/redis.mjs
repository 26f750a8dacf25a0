import { SetUpError, step, tryRun } from "./steps.mjs";
import { findCommand, installPackage } from "./system-packages.mjs";

/** Sharded pub/sub came with Redis 7.0. */
const MAJOR_VERSION_MIN = 7;

/** Sees to it that a Redis can be used: the one the environment names, or a redis-server on the PATH. */
export async function ensureRedis() {
  const { REDIS_URL, REDIS_CLUSTER_NODES, REDIS_SENTINELS } = process.env;
  if (REDIS_URL || REDIS_CLUSTER_NODES || REDIS_SENTINELS) return;
  if (findCommand("redis-server") === null) {
    const installed = await step("Installing Redis with the system's package manager", () =>
      installPackage("redis-server"),
    );
    if (!installed) throw new SetUpError(HELP);
  }
  const { output } = await tryRun("redis-server", ["--version"]);
  const major = majorVersion(output);
  if (major !== null && major >= MAJOR_VERSION_MIN) return;
  throw new SetUpError(`redis-server says "${output.trim()}".\n${HELP}`);
}

/**
 * @param {string} text what `redis-server --version` prints
 * @returns {number | null}
 */
export function majorVersion(text) {
  const version = /\bv=(\d+)\./.exec(text)?.[1];
  return version === undefined ? null : Number(version);
}

const HELP = `Mirrorbook needs Redis ${MAJOR_VERSION_MIN} or newer, and could not install it by itself. Either
  install it:     sudo apt-get install redis-server   (macOS: brew install redis)
  or name yours:  REDIS_URL=redis://127.0.0.1:6379 npm start`;
