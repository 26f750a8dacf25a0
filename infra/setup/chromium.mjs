import { optionalStep } from "./steps.mjs";
import { findCommand, installPackage } from "./system-packages.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Where a browser for tests is: `CHROMIUM_PATH`, or what the PATH has.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const found = process.env.CHROMIUM_PATH || NAMES.map((name) => findCommand(name)).find(Boolean);
  return found || null;
}

/** Brings a browser for the tests of the page; without one those tests say so and are skipped. */
export async function ensureChromium() {
  if (findChromium() !== null) return;
  await optionalStep(
    "Installing Chromium for the browser tests",
    "No Chromium and no way to install it: browser tests skip.",
    () => installPackage("chromium"),
  );
}
