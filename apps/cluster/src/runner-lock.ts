import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes sure that one runner uses a data folder at a time.
 *
 * @returns a function that gives the folder free again
 * @throws {Error} that names the other runner when there is one
 */
export async function holdFolder(file: string): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true });
  if (!(await create(file))) {
    const pid = Number(await readFile(file, "utf8").catch(() => ""));
    if (pid > 0 && (await isRunner(pid))) {
      throw new Error(
        `Mirrorbook is running here already (pid ${pid}). Stop it first, or set DATA_DIR and PORT for a second one.`,
      );
    }
    await rm(file, { force: true });
    if (!(await create(file))) throw new Error(`Another start is under way: ${file}`);
  }
  return () => rm(file, { force: true });
}

/** Creates the file with our pid; false when there is one already. */
async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether the process is alive and a runner; without /proc, being alive is what can be known. */
async function isRunner(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "apps/cluster");
  return commandLine.includes("apps/cluster");
}
