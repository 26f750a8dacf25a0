import { SetUpError, step } from "./steps.mjs";
import { findCommand, installPackage } from "./system-packages.mjs";

/** Debian keeps it where only root's PATH looks. */
const SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin";

/**
 * Where nginx is: `NGINX_PATH`, or what the PATH and the system's folders have.
 *
 * @returns {string | null}
 */
export function findNginx() {
  return process.env.NGINX_PATH || findCommand("nginx") || findCommand("nginx", SYSTEM_FOLDERS);
}

/** Brings nginx for the tests that stand behind it; without it those say so and are skipped. */
export async function ensureNginx() {
  if (findNginx() !== null) return;
  try {
    const installed = await step("Installing nginx for the tests behind it", () =>
      installPackage("nginx"),
    );
    if (!installed) console.error("  No nginx and no way to install it: tests behind it skip.");
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`${error.message}\nTests behind nginx skip.`);
  }
}
