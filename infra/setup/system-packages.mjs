import { accessSync, constants } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { run, tryRun } from "./steps.mjs";

/**
 * Where a command is on the PATH.
 *
 * @param {string} name
 * @param {string} [path]
 * @returns {string | null}
 */
export function findCommand(name, path = process.env.PATH ?? "") {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/**
 * How system packages can be installed here without asking anybody: the words that go before `apt-get`, or null.
 *
 * @returns {Promise<readonly string[] | null>}
 */
async function aptPrefix() {
  if (findCommand("apt-get") === null) return null;
  if (process.getuid?.() === 0) return [];
  return (await tryRun("sudo", ["-n", "true"])).code === 0 ? ["sudo", "-n"] : null;
}

/**
 * Installs a Debian package.
 *
 * @param {string} name
 * @returns {Promise<boolean>} false when this machine does not let us
 * @throws {import("./steps.mjs").SetUpError} when the package manager fails
 */
export async function installPackage(name) {
  const prefix = await aptPrefix();
  if (prefix === null) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const given of [["update"], ["install", "--yes", "--no-install-recommends", name]]) {
    const [command = "", ...rest] = [...prefix, "apt-get", ...given];
    await run(command, rest, { env });
  }
  return true;
}

/**
 * Downloads a Debian package and lays out its files below `folder`, without installing it: nothing of it is started, and
 * no rights are needed.
 *
 * @param {string} name
 * @param {string} folder
 * @returns {Promise<boolean>} false when there is no apt-get here
 * @throws {import("./steps.mjs").SetUpError} when the package cannot be had
 */
export async function unpackPackage(name, folder) {
  if (findCommand("apt-get") === null || findCommand("dpkg-deb") === null) return false;
  await mkdir(folder, { recursive: true });
  const prefix = await aptPrefix();
  if (prefix !== null) {
    const [command = "", ...given] = [...prefix, "apt-get", "update"];
    await run(command, given);
  }
  await run("apt-get", ["download", name], { cwd: folder });
  const archive = (await readdir(folder)).find((file) => file.startsWith(`${name}_`));
  await run("dpkg-deb", ["--extract", join(folder, archive ?? name), folder]);
  return true;
}
