import { once } from "node:events";
import { createServer } from "node:net";

const TRIES_MAX = 100;

/**
 * Chooses `count` ports, one for each of `first`, `first + 1`, …, taking the next free one where a port is taken.
 *
 * @throws {Error} when there are none within reach.
 */
export async function choosePorts(
  first: number,
  count: number,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<number[]> {
  const chosen: number[] = [];
  for (let port = first; port < first + TRIES_MAX && port <= 65_535; port++) {
    if (chosen.length === count) return chosen;
    if (await isFree(port)) chosen.push(port);
  }
  if (chosen.length === count) return chosen;
  throw new Error(`No ${count} free ports from ${first} on: set another PORT.`);
}

/** Whether this process could listen on `port`, on every interface. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port);
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
