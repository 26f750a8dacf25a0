/** A real browser, for tests of pages. Loaded only when it is started: few tests need it. */
import type { Browser } from "playwright-core";
import { findChromium } from "../../../infra/setup/chromium.mjs";
import { ensurePage } from "../../../infra/setup/page.mjs";
import { REPOSITORY } from "./node-process.ts";

/** Why tests with a browser are skipped; null where there is one. */
export const browserMissing: string | null =
  findChromium() === null ? "no Chromium: install one or set CHROMIUM_PATH" : null;

/** Starts a headless Chromium that goes away with the test. */
export async function startBrowser(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: findChromium()!,
    // As root, as in a container, Chromium has no sandbox to offer; shared memory is small there.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

/** Folder of the page, built from the present sources. */
export async function builtPage(): Promise<string> {
  await ensurePage();
  return `${REPOSITORY}/apps/web/dist`;
}
