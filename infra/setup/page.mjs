import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PINNED_NODE } from "./dependencies.mjs";
import { run, step } from "./steps.mjs";

const PAGE = "apps/web";
/** Everything the built page is made of. */
const SOURCES = [PAGE, "libs/kernel/src", "libs/protocol/src", "libs/sdk/src", "package-lock.json"];
const NOT_SOURCES = new Set(["dist", "node_modules", "test"]);
const STAMP = ".data/setup/page.sha256";

/** Builds the page, unless it was built from these very sources already. */
export async function ensurePage() {
  if (!existsSync(join(PAGE, "index.html"))) return;
  const hash = await hashOf(SOURCES);
  const built = await readFile(STAMP, "utf8").catch(() => "");
  if (built === hash && existsSync(join(PAGE, "dist", "index.html"))) return;
  await step("Building the page", async () => {
    const node = join(process.cwd(), PINNED_NODE);
    const vite = join(process.cwd(), "node_modules/vite/bin/vite.js");
    await run(node, [vite, "build", "--logLevel", "warn"], { cwd: PAGE });
    await mkdir(dirname(STAMP), { recursive: true });
    await writeFile(STAMP, hash);
  });
}

/**
 * Hashes names and contents of files and folders, whatever order the file system lists them in.
 *
 * @param {readonly string[]} paths
 * @returns {Promise<string>} SHA-256 in hex
 */
export async function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of await filesUnder(path)) {
      const content = await readFile(file);
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {Promise<string[]>}
 */
async function filesUnder(path) {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (entries === null) return existsSync(path) ? [path] : [];
  const files = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!NOT_SOURCES.has(entry.name)) files.push(...(await filesUnder(join(path, entry.name))));
  }
  return files;
}
