import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run, step, tryRun } from "./steps.mjs";

export const PINNED_NODE = "node_modules/.bin/node";
/** Artillery's own package: nothing but load tests needs it, and it weighs as much as all the rest. */
const LOAD_PACKAGE = "infra/load";

/** Brings node_modules to what package-lock.json says, the pinned Node among it. Quick when nothing is to do. */
export async function ensureDependencies() {
  const reason = (await whyInstall(".")) ?? (await whyNodeFails());
  if (reason === null) return;
  await step(`Installing dependencies and the pinned Node (${reason})`, () => install(".", []));
}

/** Brings Artillery. None of its packages needs its install script, and one of those would download a browser. */
export async function ensureArtillery() {
  const reason = await whyInstall(LOAD_PACKAGE);
  if (reason === null) return;
  await step(`Installing Artillery, 460 MB, in ${LOAD_PACKAGE} (${reason})`, () =>
    install(LOAD_PACKAGE, ["--ignore-scripts"]),
  );
}

/**
 * @param {string} folder
 * @param {readonly string[]} flags
 */
function install(folder, flags) {
  const npm = process.env.npm_execpath;
  // Not `npm ci`: that refuses a lock that does not list the optional builds for all other platforms, and registry
  // mirrors do not have them all. This takes the same locked versions and leaves the lock as it is.
  const given = ["install", "--no-save", "--no-fund", "--no-audit", ...flags];
  const [command, words] = npm === undefined ? ["npm", given] : [process.execPath, [npm, ...given]];
  return run(command, words, { cwd: folder });
}

/** @param {string} folder of a package.json with its lock */
async function whyInstall(folder) {
  const wanted = await readLock(join(folder, "package-lock.json"));
  const installed = await readLock(join(folder, "node_modules/.package-lock.json"));
  if (installed === null) return "there is no node_modules yet";
  const outdated = firstDifference(wanted ?? {}, installed);
  return outdated === null ? null : `${outdated} is not what package-lock.json says`;
}

async function whyNodeFails() {
  const { code } = await tryRun(PINNED_NODE, ["--version"]);
  return code === 0 ? null : "the pinned Node does not run";
}

/**
 * Names the first package that is wanted and not installed in that version, or the first workspace that is not linked.
 * Optional packages (builds for other platforms) do not count.
 *
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} Locked
 * @param {Record<string, Locked>} wanted `packages` of package-lock.json
 * @param {Record<string, Locked>} installed `packages` of the lock npm keeps inside node_modules
 * @returns {string | null}
 */
export function firstDifference(wanted, installed) {
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (!path.includes("node_modules/") || optional) continue;
    const isThere = link ? path in installed : installed[path]?.version === version;
    if (!isThere) return path.replace(/^.*node_modules\//, "");
  }
  return null;
}

/**
 * @param {string} path
 * @returns {Promise<Record<string, Locked> | null>}
 */
async function readLock(path) {
  try {
    return JSON.parse(await readFile(path, "utf8")).packages;
  } catch {
    return null;
  }
}
