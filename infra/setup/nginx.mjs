import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { optionalStep, tryRun } from "./steps.mjs";
import { findCommand, installPackage, unpackPackage } from "./system-packages.mjs";

const FOLDER = ".data/setup/nginx";
const UNPACKED = `${FOLDER}/usr/sbin/nginx`;
/** Debian keeps it where only root's PATH looks. */
const SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin";

/**
 * Where nginx is: `NGINX_PATH`, what the PATH and the system's folders have, or where we unpacked it.
 *
 * @returns {string | null}
 */
export function findNginx() {
  const found =
    process.env.NGINX_PATH || findCommand("nginx") || findCommand("nginx", SYSTEM_FOLDERS);
  return found || (existsSync(UNPACKED) ? resolve(UNPACKED) : null);
}

/** Brings nginx for the tests that stand behind it; without it those say so and are skipped. */
export async function ensureNginx() {
  if (findNginx() !== null) return;
  await optionalStep(
    "Getting nginx for the tests behind it",
    "No nginx and no way to get it: tests behind it skip.",
    async () => (await unpacked()) || (await installPackage("nginx")),
  );
}

/** Rather unpacked than installed: Debian's package starts a server of its own. But its libraries must be here. */
async function unpacked() {
  if (!(await unpackPackage("nginx", FOLDER))) return false;
  return (await tryRun(UNPACKED, ["-v"])).code === 0;
}
